import { expect, it } from 'vitest';
import { STRANGERS_REMEMBERED_MAX } from '../limits.ts';
import { StrangerLines } from './stranger-lines.ts';

const xForwardedHost = { before: Buffer.from('X-Forwarded-Host: '), after: Buffer.from('\r\n') };
const rules = { xForwarded: true, rfc7239: true, xForwardedHost, quoteEnd: Buffer.from('"\r\n') };
const arrival = { address: '192.0.2.7', scheme: 'https', localPort: 443 };

it('tells where a client connects from, and how, once for all its connections', () => {
  const lines = new StrangerLines(rules);
  const { about, hosts } = lines.of(arrival);
  expect(about.toString()).toBe(
    'X-Forwarded-For: 192.0.2.7\r\nX-Real-IP: 192.0.2.7\r\n' +
      'X-Forwarded-Proto: https\r\nX-Forwarded-Port: 443\r\n',
  );
  expect(hosts.map(({ before }) => before.toString())).toEqual([
    'X-Forwarded-Host: ',
    'Forwarded: for=192.0.2.7;proto=https;host="',
  ]);
  expect(lines.of({ ...arrival }).about).toBe(about);
});

it('tells clients apart by each of address, scheme and port', () => {
  const lines = new StrangerLines(rules);
  const others = [{ address: '192.0.2.8' }, { scheme: 'http' }, { localPort: 8443 }];
  const texts = [arrival, ...others.map((change) => ({ ...arrival, ...change }))].map((each) =>
    lines.of(each).about.toString(),
  );
  expect(new Set(texts).size).toBe(4);
});

it('says nothing where nothing is to be said', () => {
  const { about, hosts } = new StrangerLines({ ...rules, xForwarded: false, rfc7239: false }).of(
    arrival,
  );
  expect([about.length, hosts]).toEqual([0, []]);
});

it('remembers a bounded number of clients, and is right about those that it forgot', () => {
  const lines = new StrangerLines(rules);
  const first = lines.of(arrival);
  for (let port = 1; port <= STRANGERS_REMEMBERED_MAX; port++) {
    lines.of({ ...arrival, localPort: 1000 + port });
  }
  const again = lines.of(arrival);
  expect(again.about).not.toBe(first.about);
  expect(again.about).toEqual(first.about);
});
