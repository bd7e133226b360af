/** Real packets, as keepalived 2.2.7, BIRD and Linux put them on the wire. */
import { encodeUnsolicitedNa } from '../../keepalive/packet/unsolicited-na.ts';

const hex = (text: string): Uint8Array =>
  Uint8Array.from(Buffer.from(text.replaceAll(' ', ''), 'hex'));

/** VRRP messages over IPv4: versions 2 and 3. */
export const vrrp4 = [
  hex('2133c801 0001ec31 c6336464 00000000 00000000'),
  hex('2134c801 00010000 c6336465 00000000 00000000'),
  hex('2135c801 01010000 c6336466 73656372 65740000'),
  hex('2135c801 01010000 c6336466 73656372 65740001'),
  hex('3136c801 00140000 c6336467'),
  hex('31346402 000a0aba c6336465 c6336466'),
  hex('3133c801 000a0000 c6336464'),
  hex('31330001 000a0000 c6336464'),
] as const;

/** VRRP messages over IPv6. */
export const vrrp6 = [
  hex('31359602 0032879e fe800000 00000000 00000000 00000053 20010db8 00000000 00000000 00000100'),
  hex('3133c802 000a0000 fe800000 00000000 00000000 00000100 20010db8 00000000 00000000 00000100'),
] as const;

/** BFD control packets: down, up with a poll, up, with authentication. */
export const bfd = [
  hex('20400318 00000001 00000000 000f4240 000f4240 00000000'),
  hex('20e00318 11223344 55667788 00002710 00002710 00000000'),
  hex('20c00318 11223344 55667788 00002710 00002710 00000000'),
  hex('20c4031c 11223344 55667788 00002710 00002710 00000000 01040061'),
] as const;

/** An ARP reply of 198.51.100.254 to 198.51.100.11, Ethernet header included, padded. */
export const arp = [
  hex(
    '02000000000b 020000000032 0806 0001 0800 06 04 0002 020000000032 c63364fe 02000000000b c633640b' +
      '00'.repeat(18),
  ),
] as const;

/** A solicited neighbour advertisement of 2001:db8::fe: the ICMPv6 message. */
export const neighbour = [
  hex('88000000 60000000 20010db8 00000000 00000000 000000fe 0201 020000000032'),
] as const;

/** An unsolicited neighbour advertisement of 2001:db8::100 as a frame, with a good checksum. */
export const naFrame = encodeUnsolicitedNa(
  hex('020000000032'),
  hex('20010db8000000000000000000000100'),
);

/** Authentication trailers: type, key, reserved, sequence, HMAC. */
export const trailers = [
  hex('01010000 65a1b2c3 00010002 00112233 44556677 8899aabb ccddeeff'),
  hex('01ff0000 ffffffff ffffffff ffffffff ffffffff ffffffff ffffffff'),
] as const;

const text = (line: string): Uint8Array => new TextEncoder().encode(line);

/** What a balancer tells the agent. */
export const readiness = [
  text('{"type":"readiness","ready":true,"reasons":[]}'),
  text('{"type":"readiness","ready":false,"reasons":["no listener is bound"]}'),
  text(
    '{"type":"readiness","ready":true,"reasons":[],"upstreams":[{"name":"api","up":1,"unknown":0,"total":2}]}',
  ),
] as const;

/** Requests on the control sockets. */
export const requests = [
  text('GET /status HTTP/1.1\r\nHost: tandem\r\n\r\n'),
  text('GET /metrics?a=b HTTP/1.1\r\nHost: tandem\r\nAccept: */*\r\n\r\n'),
  text('HEAD / HTTP/1.0\r\n\r\n'),
  text(
    'GET /nowhere HTTP/1.1\r\nHost: tandem\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n',
  ),
] as const;
