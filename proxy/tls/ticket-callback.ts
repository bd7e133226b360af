/** How OpenSSL comes by the keys of tickets: it asks for each ticket it makes or gets. */
import { randomFillSync } from 'node:crypto';
import { koffi } from '../../src/os/native.ts';
import { addressOf, copyFrom, copyTo } from './native-bytes.ts';
import { type Address, openssl } from './openssl.ts';
import { TICKET_NAME_BYTES, type TicketKey, type TicketKeys } from './tickets.ts';

/** What the callback says. */
const FAILED = -1;
const NO_KEY = 0;
const KEY = 1;
/** The key is good, and the client gets a new ticket. */
const KEY_AND_RENEW = 2;

const TLS_1_3 = 0x0304;
const IV_BYTES = 16;
/** Initialisation vectors made at a time. */
const IVS = 64;

/** One entry of an OSSL_PARAM array, and types of its values. */
const PARAM_BYTES = 40;
const UTF8_STRING = 4;
const OCTET_STRING = 5;

const sources = new Map<Address, TicketKeys>();
const parameters = new WeakMap<TicketKey, Buffer>();
const name = Buffer.alloc(TICKET_NAME_BYTES);
const iv = Buffer.alloc(IV_BYTES);
const ivs = Buffer.alloc(IVS * IV_BYTES);
let ivsUsed = ivs.length;
let cipher: Address = 0;
let callback: bigint | undefined;

/** Tickets of the context are made and taken with these keys. */
export function protectTickets(context: Address, keys: TicketKeys): void {
  sources.set(context, keys);
  openssl().SSL_CTX_set_tlsext_ticket_key_evp_cb(context, keyCallback());
}

/** The context is about to be freed. */
export function forgetTickets(context: Address): void {
  sources.delete(context);
}

function keyCallback(): bigint {
  if (callback === undefined) {
    const native = koffi();
    const address = 'uintptr_t';
    const type = native.proto('int', [address, address, address, address, address, 'int']);
    callback = native.register(giveKey, native.pointer(type)) as unknown as bigint;
    cipher = openssl().EVP_CIPHER_fetch(0, 'AES-256-CBC', 0);
  }
  return callback;
}

/** Nothing thrown may reach OpenSSL. */
function giveKey(...call: TicketCall): number {
  try {
    return keyFor(...call);
  } catch {
    return FAILED;
  }
}

/** Session, where the name and the vector are or go, contexts of the cipher and the MAC, 1: making. */
type TicketCall = [Address, Address, Address, Address, Address, number];

function keyFor(...call: TicketCall): number {
  const [session, namePlace, ivPlace, cipherContext, macContext, making] = call;
  const ssl = openssl();
  const keys = sources.get(ssl.SSL_get_SSL_CTX(session));
  if (keys === undefined) return NO_KEY;
  if (making === 1) {
    const { current } = keys;
    nextIv();
    copyTo(namePlace, current.name);
    copyTo(ivPlace, iv);
    const begun = ssl.EVP_EncryptInit_ex(cipherContext, cipher, 0, current.cipherKey, iv);
    return begun === 1 && setMac(macContext, current) ? KEY : FAILED;
  }
  copyFrom(namePlace, name);
  const key = keys.find(name);
  if (key === null) return NO_KEY;
  copyFrom(ivPlace, iv);
  const begun = ssl.EVP_DecryptInit_ex(cipherContext, cipher, 0, key.cipherKey, iv);
  if (begun !== 1 || !setMac(macContext, key)) return FAILED;
  // A ticket of TLS 1.3 is meant to be used once (RFC 8446 C.4).
  return key === keys.current && ssl.SSL_version(session) < TLS_1_3 ? KEY : KEY_AND_RENEW;
}

function nextIv(): void {
  if (ivsUsed === ivs.length) {
    randomFillSync(ivs);
    ivsUsed = 0;
  }
  ivs.copy(iv, 0, ivsUsed, ivsUsed + IV_BYTES);
  ivsUsed += IV_BYTES;
}

function setMac(macContext: Address, key: TicketKey): boolean {
  let known = parameters.get(key);
  if (known === undefined) {
    known = macParameters(key.macKey);
    parameters.set(key, known);
  }
  return openssl().EVP_MAC_CTX_set_params(macContext, known) === 1;
}

/** OSSL_PARAM[3] { key, digest, end } with what they point to behind them. */
function macParameters(macKey: Buffer): Buffer {
  const texts = [Buffer.from('key\0'), macKey, Buffer.from('digest\0'), Buffer.from('SHA256\0')];
  const bytes = Buffer.allocUnsafeSlow(3 * PARAM_BYTES + 128).fill(0);
  const base = addressOf(bytes);
  let at = 3 * PARAM_BYTES;
  const places = texts.map((text) => {
    text.copy(bytes, at);
    at += text.length;
    return base + BigInt(at - text.length);
  });
  const write = (index: number, type: number, of: number, length: number) => {
    const entry = index * PARAM_BYTES;
    bytes.writeBigUInt64LE(places[of]!, entry);
    bytes.writeUInt32LE(type, entry + 8);
    bytes.writeBigUInt64LE(places[of + 1]!, entry + 16);
    bytes.writeBigUInt64LE(BigInt(length), entry + 24);
  };
  write(0, OCTET_STRING, 0, macKey.length);
  write(1, UTF8_STRING, 2, 'SHA256'.length);
  return bytes;
}
