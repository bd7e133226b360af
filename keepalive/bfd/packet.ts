/**
 * The BFD control packet on the wire (RFC 5880 section 4.1). Pure: bytes in, packet or typed error
 * out; nothing here throws on input from the network.
 *
 *      0                   1                   2                   3
 *      0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *     |Vers |  Diag   |Sta|P|F|C|A|D|M|  Detect Mult  |    Length     |
 *     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *     |                       My Discriminator                        |
 *     |                      Your Discriminator                       |
 *     |             Desired Min TX Interval, microseconds             |
 *     |            Required Min RX Interval, microseconds             |
 *     |          Required Min Echo RX Interval, microseconds          |
 *     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *
 * An authentication section may follow (A set). Authentication is not in use here, so such a packet
 * is refused, as section 6.8.6 demands.
 */

/** State of a session, in the order of its code on the wire. */
export const sessionStates = ['AdminDown', 'Down', 'Init', 'Up'] as const;

/** bfd.SessionState (RFC 5880 section 6.8.1). */
export type SessionStateName = (typeof sessionStates)[number];

/** Diagnostic codes of RFC 5880 section 4.1 that this program sets itself. */
export const diagnostics = {
  none: 0,
  detectionTimeExpired: 1,
  neighborSignaledDown: 3,
  pathDown: 5,
  administrativelyDown: 7,
} as const;

const DIAGNOSTIC_TEXT = [
  'no diagnostic',
  'control detection time expired',
  'echo function failed',
  'neighbor signaled session down',
  'forwarding plane reset',
  'path down',
  'concatenated path down',
  'administratively down',
  'reverse concatenated path down',
] as const;

/** A diagnostic code in the RFC's words; `diagnostic 12` for one it does not define. */
export function describeDiagnostic(code: number): string {
  return DIAGNOSTIC_TEXT[code] ?? `diagnostic ${code}`;
}

/** One control packet without authentication. */
export interface BfdPacket {
  /** Why the sender's state changed last, 0-31. */
  readonly diagnostic: number;
  readonly state: SessionStateName;
  /** Asks for an answer with `final`, at once. */
  readonly poll: boolean;
  readonly final: boolean;
  /** The sender's BFD outlives its control plane. */
  readonly controlPlaneIndependent: boolean;
  /** The sender wants no periodic packets. */
  readonly demand: boolean;
  /** Lost packets that make a lost session, 1-255. */
  readonly detectMultiplier: number;
  /** The sender's name for the session, 1-4294967295. */
  readonly myDiscriminator: number;
  /** Our name for it, or 0 while the sender does not know it. */
  readonly yourDiscriminator: number;
  /** Least time between the sender's packets, microseconds. */
  readonly desiredMinTxMicros: number;
  /** Least time between ours that the sender can take; 0: it wants none. */
  readonly requiredMinRxMicros: number;
  readonly requiredMinEchoRxMicros: number;
}

/** The check of RFC 5880 section 6.8.6 that failed. */
export type BfdDecodeErrorCode =
  | 'version'
  | 'length'
  | 'multiplier'
  | 'multipoint'
  | 'my-discriminator'
  | 'your-discriminator'
  | 'authentication';

/** Why bytes are not a control packet for us. */
export interface BfdDecodeError {
  readonly code: BfdDecodeErrorCode;
  /** What was found, for the log. */
  readonly detail: string;
}

/** Either the packet or the first check it failed. */
export type BfdDecodeResult =
  | { readonly ok: true; readonly packet: BfdPacket }
  | { readonly ok: false; readonly error: BfdDecodeError };

/** Length of a packet without authentication. */
export const BFD_PACKET_BYTES = 24;
/** The least that the authentication section adds. */
const AUTHENTICATION_BYTES_MIN = 2;
const VERSION = 1;

const POLL = 0x20;
const FINAL = 0x10;
const CONTROL_PLANE_INDEPENDENT = 0x08;
const AUTHENTICATION = 0x04;
const DEMAND = 0x02;
const MULTIPOINT = 0x01;

function failed(code: BfdDecodeErrorCode, detail: string): BfdDecodeResult {
  return { ok: false, error: { code, detail } };
}

/**
 * Decodes the payload of a UDP datagram, with every check of RFC 5880 section 6.8.6 that needs no
 * session, in its order. Bytes after the packet's own length are ignored. Never throws.
 */
export function decodeBfdPacket(payload: Uint8Array): BfdDecodeResult {
  // Before any field is read; the RFC's own length checks follow in its order.
  if (payload.length < BFD_PACKET_BYTES) return failed('length', `${payload.length} bytes`);
  const view = new DataView(payload.buffer, payload.byteOffset, payload.byteLength);
  const version = payload[0]! >> 5;
  if (version !== VERSION) return failed('version', `version ${version}`);
  const flags = payload[1]!;
  const length = payload[3]!;
  const authenticated = (flags & AUTHENTICATION) !== 0;
  const lengthMin = BFD_PACKET_BYTES + (authenticated ? AUTHENTICATION_BYTES_MIN : 0);
  if (length < lengthMin) return failed('length', `length ${length}, at least ${lengthMin}`);
  if (length > payload.length) {
    return failed('length', `length ${length} in ${payload.length} bytes`);
  }
  const detectMultiplier = payload[2]!;
  if (detectMultiplier === 0) return failed('multiplier', 'detect multiplier 0');
  if ((flags & MULTIPOINT) !== 0) return failed('multipoint', 'the multipoint bit');
  const myDiscriminator = view.getUint32(4);
  if (myDiscriminator === 0) return failed('my-discriminator', 'my discriminator 0');
  const state = sessionStates[flags >> 6]!;
  const yourDiscriminator = view.getUint32(8);
  if (yourDiscriminator === 0 && (state === 'Init' || state === 'Up')) {
    return failed('your-discriminator', `your discriminator 0 in state ${state}`);
  }
  if (authenticated) return failed('authentication', 'authentication, which is not in use');
  return {
    ok: true,
    packet: {
      diagnostic: payload[0]! & 0x1f,
      state,
      poll: (flags & POLL) !== 0,
      final: (flags & FINAL) !== 0,
      controlPlaneIndependent: (flags & CONTROL_PLANE_INDEPENDENT) !== 0,
      demand: (flags & DEMAND) !== 0,
      detectMultiplier,
      myDiscriminator,
      yourDiscriminator,
      desiredMinTxMicros: view.getUint32(12),
      requiredMinRxMicros: view.getUint32(16),
      requiredMinEchoRxMicros: view.getUint32(20),
    },
  };
}

/** Encodes a control packet; its numbers must be in their ranges. */
export function encodeBfdPacket(packet: BfdPacket): Uint8Array {
  const bytes = new Uint8Array(BFD_PACKET_BYTES);
  const view = new DataView(bytes.buffer);
  const flag = (set: boolean, bit: number) => (set ? bit : 0);
  bytes[0] = (VERSION << 5) | packet.diagnostic;
  bytes[1] =
    (sessionStates.indexOf(packet.state) << 6) |
    flag(packet.poll, POLL) |
    flag(packet.final, FINAL) |
    flag(packet.controlPlaneIndependent, CONTROL_PLANE_INDEPENDENT) |
    flag(packet.demand, DEMAND);
  bytes[2] = packet.detectMultiplier;
  bytes[3] = BFD_PACKET_BYTES;
  view.setUint32(4, packet.myDiscriminator);
  view.setUint32(8, packet.yourDiscriminator);
  view.setUint32(12, packet.desiredMinTxMicros);
  view.setUint32(16, packet.requiredMinRxMicros);
  view.setUint32(20, packet.requiredMinEchoRxMicros);
  return bytes;
}
