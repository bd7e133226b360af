import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseIp } from '../../src/os/ip-address.ts';
import { decodeArpReply, encodeArpRequest } from './arp-probe.ts';
import {
  decodeAdvertisement,
  encodeSolicitation,
  solicitedNode,
} from './neighbour-solicitation.ts';

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');
const bytes = (text: string) => Uint8Array.from(Buffer.from(text.replaceAll(' ', ''), 'hex'));
const own = { mac: bytes('020000000001'), ip: parseIp('198.51.100.11')! };
const gateway = parseIp('198.51.100.1')!;
const gateway6 = parseIp('2001:db8::12:3456')!;

describe('ARP', () => {
  const reply = bytes(
    '020000000001 020000000009 0806 0001 0800 06 04 0002 020000000009 c6336401 020000000001 c633640b',
  );

  it('asks everybody, in the name of this host', () => {
    expect(hex(encodeArpRequest(own, gateway))).toBe(
      'ffffffffffff02000000000108060001080006040001020000000001c633640b000000000000c6336401'.padEnd(
        120,
        '0',
      ),
    );
    expect(() => encodeArpRequest(own, gateway6)).toThrow(RangeError);
  });

  it('hears the reply to it, and no other', () => {
    expect(decodeArpReply(reply, own.ip)).toEqual(gateway);
    expect(decodeArpReply(reply, gateway)).toBeNull();
    expect(decodeArpReply(reply.subarray(0, 41), own.ip)).toBeNull();
    const request = reply.slice();
    request[21] = 1;
    expect(decodeArpReply(request, own.ip)).toBeNull();
    fc.assert(fc.property(fc.uint8Array(), (noise) => decodeArpReply(noise, own.ip) === null));
  });
});

describe('neighbour discovery', () => {
  const answer = (flags: number) => bytes(`88000000 ${flags.toString(16)}000000 ${hex(gateway6)}`);

  it('asks the group of the address, with our MAC', () => {
    expect(hex(encodeSolicitation(own.mac, gateway6))).toBe(
      `8700000000000000${hex(gateway6)}0101020000000001`,
    );
    expect(solicitedNode(gateway6)).toEqual(parseIp('ff02::1:ff12:3456'));
    expect(() => encodeSolicitation(own.mac, gateway)).toThrow(RangeError);
  });

  it('hears solicited advertisements from this link only', () => {
    expect(decodeAdvertisement(answer(0xe0), 255)).toEqual(gateway6);
    expect(decodeAdvertisement(answer(0xa0), 255)).toBeNull();
    expect(decodeAdvertisement(answer(0xe0), 64)).toBeNull();
    expect(decodeAdvertisement(answer(0xe0).subarray(0, 23), 255)).toBeNull();
    fc.assert(fc.property(fc.uint8Array(), (noise) => void decodeAdvertisement(noise, 255)));
  });
});
