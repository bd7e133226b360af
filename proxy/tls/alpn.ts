/** The choice of an application protocol (RFC 7301): ours that is preferred most among the client's. */
import { koffi } from '../../src/os/native.ts';
import { addressOf, copyFrom, copyTo, pointerBytes } from './native-bytes.ts';
import { type Address, openssl } from './openssl.ts';

/** What the callback says. */
const CHOSEN = 0;
const REFUSED = 2;

interface Offer {
  /** Each name after its length, as on the wire; native memory, as OpenSSL keeps a pointer into it. */
  readonly wire: Buffer;
  /** Where the names begin in it. */
  readonly places: readonly { readonly at: number; readonly length: number }[];
}

const offers = new Map<Address, Offer>();
let callback: bigint | undefined;

/** Names as the wire has them: each after its length. */
export function alpnWire(protocols: readonly string[]): Buffer {
  // Not from Node's pool, nor on the heap of V8: its address has to last.
  const names = Buffer.concat(
    protocols.map((name) => Buffer.from([name.length, ...Buffer.from(name)])),
  );
  const wire = Buffer.allocUnsafeSlow(Math.max(names.length, OFF_HEAP_BYTES));
  names.copy(wire);
  return wire.subarray(0, names.length);
}

/** V8 keeps smaller arrays on its heap, where they move. */
const OFF_HEAP_BYTES = 256;

/** The context agrees on one of these; clients that offer others only are refused. */
export function chooseProtocols(context: Address, protocols: readonly string[]): void {
  const wire = alpnWire(protocols);
  const places: { at: number; length: number }[] = [];
  for (let at = 0; at < wire.length; at += 1 + wire[at]!)
    places.push({ at: at + 1, length: wire[at]! });
  offers.set(context, { wire, places });
  // The context's address is handed back as the callback's argument.
  openssl().SSL_CTX_set_alpn_select_cb(context, selectCallback(), context);
}

/** The context is about to be freed. */
export function forgetProtocols(context: Address): void {
  offers.delete(context);
}

function selectCallback(): bigint {
  if (callback === undefined) {
    const native = koffi();
    const address = 'uintptr_t';
    const type = native.proto('int', [address, address, address, address, 'uint', address]);
    callback = native.register(select, native.pointer(type)) as unknown as bigint;
  }
  return callback;
}

function select(
  _session: Address,
  out: Address,
  outLength: Address,
  offered: Address,
  offeredLength: number,
  context: Address,
): number {
  const offer = offers.get(context);
  if (offer === undefined) return REFUSED;
  const theirs = Buffer.allocUnsafeSlow(offeredLength);
  copyFrom(offered, theirs);
  for (const { at, length } of offer.places) {
    if (!contains(theirs, offer.wire, at, length)) continue;
    copyTo(out, pointerBytes(addressOf(offer.wire) + BigInt(at)));
    copyTo(outLength, Buffer.from([length]));
    return CHOSEN;
  }
  return REFUSED;
}

/** Is the name among theirs? Whole names are compared; OpenSSL has checked their lengths. */
function contains(theirs: Buffer, ours: Buffer, from: number, length: number): boolean {
  for (let at = 0; at < theirs.length; at += 1 + theirs[at]!) {
    if (theirs[at] !== length) continue;
    if (theirs.compare(ours, from, from + length, at + 1, at + 1 + length) === 0) return true;
  }
  return false;
}
