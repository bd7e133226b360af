/** Who dies, or is cut off, while the other host drains, and who notices; of two whole agents. */
import { expect, it } from 'vitest';
import { AGREED_MICROS, end, givenBy, pairOf } from './paired-agents.case.ts';
import { VIRTUAL_ADDRESS } from './simulator/sim-pair.case.ts';

const [ms, s] = [1000, 1_000_000];

it('the new holder: the one that drains holds the addresses again after a plain takeover time', async () => {
  const pair = await pairOf();
  await givenBy(pair, 'a');
  await pair.run(2 * s);
  pair.b.lose();
  expect(await pair.until(pair.a, 'Active', s)).toBeLessThan(330 * ms);
  expect(pair.router(pair.a).drain).toBeNull();
  end(pair);
});

it('nobody: only the connection of the agents is lost, before the drain was told of', async () => {
  const pair = await pairOf();
  const asked = pair.a.agent!.handover(null);
  await pair.until(pair.a, 'Backup', AGREED_MICROS);
  pair.sideLink.cut = true;
  await pair.until(pair.b, 'Active', AGREED_MICROS);
  expect(await asked).toMatchObject([{ outcome: 'given' }]);
  await pair.run(10 * s);
  expect(pair.b.handover.passesOn.get(VIRTUAL_ADDRESS)).toBe('198.51.100.11');
  pair.a.lose();
  await pair.run(6 * s);
  expect(pair.b.handover.passesOn.size).toBe(0);
  end(pair);
});

it('the one that drained and took them back: its connections are reset by the other soon', async () => {
  const pair = await pairOf();
  await givenBy(pair, 'a');
  await pair.run(s);
  pair.sideLink.cut = true;
  pair.b.setLink('missing');
  await pair.until(pair.a, 'Active', s);
  pair.b.setLink('up');
  await pair.run(3 * s);
  expect(pair.states()).toEqual(['Active', 'Backup']);
  pair.a.lose();
  await pair.until(pair.b, 'Active', s);
  await pair.run(6 * s);
  expect(pair.b.handover.passesOn.size).toBe(0);
  end(pair);
});

it('the connection of the agents first, and rules that were opened since: they end with it', async () => {
  const pair = await pairOf();
  await givenBy(pair, 'a');
  await givenBy(pair, 'b');
  pair.sideLink.cut = true;
  await pair.run(10 * s);
  pair.a.setLink('missing');
  pair.a.setLink('up');
  await pair.until(pair.a, 'Active', s);
  const passedOn = [...pair.a.handover.passesOn.values()];
  pair.b.lose();
  await pair.run(10 * s);
  expect([passedOn, [...pair.a.handover.passesOn.values()]]).toEqual([['198.51.100.12'], []]);
  end(pair);
});

it('the interface of the new holder, for a moment: it passes on again when it holds them again', async () => {
  const pair = await pairOf();
  await givenBy(pair, 'a');
  await givenBy(pair, 'b');
  pair.a.setLink('missing');
  expect(pair.a.handover.passesOn.size).toBe(0);
  pair.a.setLink('up');
  await pair.until(pair.a, 'Active', 400 * ms);
  expect(pair.router(pair.b).drain).not.toBeNull();
  expect(pair.a.handover.passesOn.get(VIRTUAL_ADDRESS)).toBe('198.51.100.12');
  end(pair);
});

it('nobody: the one that drains does not run just as it is given them back', async () => {
  const pair = await pairOf();
  await givenBy(pair, 'a');
  void pair.b.agent!.handover(null);
  while (pair.states()[1] === 'Active') await pair.run(10);
  pair.a.pause();
  await pair.until(pair.b, 'Active', s);
  await pair.run(3 * s);
  expect(pair.b.handover.passesOn.get(VIRTUAL_ADDRESS)).toBe('198.51.100.11');
  end(pair);
});

it('the one that drains: packets are passed on to nobody any more', async () => {
  const pair = await pairOf();
  await givenBy(pair, 'a');
  await pair.run(2 * s);
  expect(pair.b.handover.passesOn.size).toBe(1);
  pair.a.lose();
  pair.startHost(pair.a);
  pair.a.setProxy({ alive: true, ready: true, reasons: [] });
  pair.a.agent!.hold(true);
  await pair.run(3 * s);
  expect(pair.b.handover.passesOn.size).toBe(0);
  end(pair);
});

it('the one that drains is told twice to stop: packets are passed on to nobody any more', async () => {
  const pair = await pairOf();
  await givenBy(pair, 'a');
  void pair.a.agent!.stop();
  await pair.run(5 * s);
  expect(pair.b.handover.passesOn.size).toBe(1);
  void pair.a.agent!.stop('at-once');
  await pair.run(AGREED_MICROS);
  expect(pair.b.handover.passesOn.size).toBe(0);
  end(pair);
});
