/**
 * The OpenSSL inside the Node binary, bound once per thread through koffi. Everything here is raw:
 * results are what C returns, objects are addresses. Addresses travel as numbers (user space ends below
 * 2^47): a koffi pointer object costs more. The files beside this one own what is made; nobody else
 * calls these.
 */
import { koffi } from '../../src/os/native.ts';

/** An address in native memory; 0 is NULL. */
export type Address = number;

type Bytes = Uint8Array | null;

/** Signatures as C has them. */
export interface OpenSsl {
  TLS_server_method(): Address;
  TLS_client_method(): Address;
  SSL_CTX_new(method: Address): Address;
  SSL_CTX_free(context: Address): void;
  SSL_CTX_ctrl(context: Address, command: number, number: number, pointer: Address): number;
  SSL_CTX_callback_ctrl(context: Address, command: number, callback: bigint): number;
  SSL_CTX_set_options(context: Address, options: number): number;
  SSL_CTX_set_ciphersuites(context: Address, list: string): number;
  SSL_CTX_set_cipher_list(context: Address, list: string): number;
  SSL_CTX_set_timeout(context: Address, seconds: number): number;
  SSL_CTX_set_num_tickets(context: Address, count: number): number;
  SSL_CTX_set_session_id_context(context: Address, id: Uint8Array, length: number): number;
  SSL_CTX_use_certificate(context: Address, certificate: Address): number;
  SSL_CTX_use_PrivateKey(context: Address, key: Address): number;
  SSL_CTX_get_cert_store(context: Address): Address;
  SSL_CTX_add_client_CA(context: Address, certificate: Address): number;
  SSL_CTX_set_verify(context: Address, mode: number, callback: Address): void;
  SSL_CTX_set_verify_depth(context: Address, depth: number): void;
  SSL_CTX_set_alpn_protos(context: Address, protocols: Uint8Array, length: number): number;
  SSL_CTX_set_alpn_select_cb(context: Address, callback: bigint, argument: Address): void;
  SSL_CTX_set_tlsext_ticket_key_evp_cb(context: Address, callback: bigint): number;
  SSL_CTX_set_session_ticket_cb(
    context: Address,
    made: Address,
    taken: bigint,
    argument: Address,
  ): number;
  SSL_new(context: Address): Address;
  SSL_free(session: Address): void;
  SSL_ctrl(session: Address, command: number, number: number, pointer: Address): number;
  SSL_set_bio(session: Address, read: Address, write: Address): void;
  SSL_set_accept_state(session: Address): void;
  SSL_set_connect_state(session: Address): void;
  SSL_do_handshake(session: Address): number;
  SSL_read(session: Address, bytes: Uint8Array, length: number): number;
  SSL_write(session: Address, bytes: Uint8Array, length: number): number;
  SSL_shutdown(session: Address): number;
  SSL_has_pending(session: Address): number;
  SSL_get_SSL_CTX(session: Address): Address;
  SSL_get_certificate(session: Address): Address;
  SSL_version(session: Address): number;
  SSL_get1_session(session: Address): Address;
  SSL_set_session(session: Address, saved: Address): number;
  SSL_SESSION_free(saved: Address): void;
  SSL_SESSION_is_resumable(saved: Address): number;
  SSL_SESSION_get0_peer(saved: Address): Address;
  SSL_get_error(session: Address, result: number): number;
  SSL_get_version(session: Address): string;
  SSL_get_current_cipher(session: Address): Address;
  SSL_CIPHER_get_name(cipher: Address): string;
  SSL_get0_alpn_selected(session: Address, name: Uint8Array, length: Uint8Array): void;
  SSL_session_reused(session: Address): number;
  SSL_get1_peer_certificate(session: Address): Address;
  SSL_get_verify_result(session: Address): number;
  SSL_set1_host(session: Address, name: string): number;
  SSL_get0_param(session: Address): Address;
  X509_VERIFY_PARAM_set1_ip_asc(parameters: Address, address: string): number;
  X509_verify_cert_error_string(code: number): string;
  X509_check_private_key(certificate: Address, key: Address): number;
  X509_free(certificate: Address): void;
  X509_get0_notAfter(certificate: Address): Address;
  X509_cmp_time(time: Address, other: Uint8Array): number;
  X509_STORE_add_cert(store: Address, certificate: Address): number;
  i2d_X509(certificate: Address, out: Bytes): number;
  PEM_read_bio_X509(bio: Address, out: Address, callback: Address, passphrase: string): Address;
  PEM_read_bio_PrivateKey(
    bio: Address,
    out: Address,
    callback: Address,
    passphrase: string,
  ): Address;
  EVP_PKEY_free(key: Address): void;
  EVP_CIPHER_fetch(library: Address, name: string, properties: Address): Address;
  EVP_EncryptInit_ex(
    context: Address,
    cipher: Address,
    engine: Address,
    key: Bytes,
    iv: Bytes,
  ): number;
  EVP_DecryptInit_ex(
    context: Address,
    cipher: Address,
    engine: Address,
    key: Bytes,
    iv: Bytes,
  ): number;
  EVP_MAC_CTX_set_params(context: Address, parameters: Uint8Array): number;
  BIO_new(method: Address): Address;
  BIO_s_mem(): Address;
  BIO_free(bio: Address): number;
  BIO_up_ref(bio: Address): number;
  BIO_read(bio: Address, bytes: Uint8Array, length: number): number;
  BIO_write(bio: Address, bytes: Uint8Array, length: number): number;
  BIO_ctrl(bio: Address, command: number, number: number, pointer: Address): number;
  BIO_ctrl_pending(bio: Address): number;
  ERR_get_error(): number;
  ERR_clear_error(): void;
  ERR_error_string_n(code: number, text: Uint8Array, length: number): void;
  CRYPTO_malloc(length: number, file: string, line: number): Address;
}

/** `&`: an address; `b`: bytes; `s`: text; the rest are C's integers. The first is the result. */
const SIGNATURES: Record<keyof OpenSsl, string> = {
  TLS_server_method: '&',
  TLS_client_method: '&',
  SSL_CTX_new: '& &',
  SSL_CTX_free: 'void &',
  SSL_CTX_ctrl: 'long & int long &',
  SSL_CTX_callback_ctrl: 'long & int f',
  SSL_CTX_set_options: 'uint64_t & uint64_t',
  SSL_CTX_set_ciphersuites: 'int & s',
  SSL_CTX_set_cipher_list: 'int & s',
  SSL_CTX_set_timeout: 'long & long',
  SSL_CTX_set_num_tickets: 'int & size_t',
  SSL_CTX_set_session_id_context: 'int & b uint',
  SSL_CTX_use_certificate: 'int & &',
  SSL_CTX_use_PrivateKey: 'int & &',
  SSL_CTX_get_cert_store: '& &',
  SSL_CTX_add_client_CA: 'int & &',
  SSL_CTX_set_verify: 'void & int &',
  SSL_CTX_set_verify_depth: 'void & int',
  SSL_CTX_set_alpn_protos: 'int & b uint',
  SSL_CTX_set_alpn_select_cb: 'void & f &',
  SSL_CTX_set_tlsext_ticket_key_evp_cb: 'int & f',
  SSL_CTX_set_session_ticket_cb: 'int & & f &',
  SSL_new: '& &',
  SSL_free: 'void &',
  SSL_ctrl: 'long & int long &',
  SSL_set_bio: 'void & & &',
  SSL_set_accept_state: 'void &',
  SSL_set_connect_state: 'void &',
  SSL_do_handshake: 'int &',
  SSL_read: 'int & b int',
  SSL_write: 'int & b int',
  SSL_shutdown: 'int &',
  SSL_has_pending: 'int &',
  SSL_get_SSL_CTX: '& &',
  SSL_get_certificate: '& &',
  SSL_version: 'int &',
  SSL_get1_session: '& &',
  SSL_set_session: 'int & &',
  SSL_SESSION_free: 'void &',
  SSL_SESSION_is_resumable: 'int &',
  SSL_SESSION_get0_peer: '& &',
  SSL_get_error: 'int & int',
  SSL_get_version: 's &',
  SSL_get_current_cipher: '& &',
  SSL_CIPHER_get_name: 's &',
  SSL_get0_alpn_selected: 'void & b b',
  SSL_session_reused: 'int &',
  SSL_get1_peer_certificate: '& &',
  SSL_get_verify_result: 'long &',
  SSL_set1_host: 'int & s',
  SSL_get0_param: '& &',
  X509_VERIFY_PARAM_set1_ip_asc: 'int & s',
  X509_verify_cert_error_string: 's long',
  X509_check_private_key: 'int & &',
  X509_free: 'void &',
  X509_get0_notAfter: '& &',
  X509_cmp_time: 'int & b',
  X509_STORE_add_cert: 'int & &',
  i2d_X509: 'int & b',
  PEM_read_bio_X509: '& & & & s',
  PEM_read_bio_PrivateKey: '& & & & s',
  EVP_PKEY_free: 'void &',
  EVP_CIPHER_fetch: '& & s &',
  EVP_EncryptInit_ex: 'int & & & b b',
  EVP_DecryptInit_ex: 'int & & & b b',
  EVP_MAC_CTX_set_params: 'int & b',
  BIO_new: '& &',
  BIO_s_mem: '&',
  BIO_free: 'int &',
  BIO_up_ref: 'int &',
  BIO_read: 'int & b int',
  BIO_write: 'int & b int',
  BIO_ctrl: 'long & int long &',
  BIO_ctrl_pending: 'size_t &',
  ERR_get_error: 'ulong',
  ERR_clear_error: 'void',
  ERR_error_string_n: 'void ulong b size_t',
  CRYPTO_malloc: '& size_t s int',
};

const C_TYPES: Readonly<Record<string, string>> = {
  '&': 'uintptr_t',
  b: 'void *',
  s: 'str',
  f: 'void *',
};

let bound: OpenSsl | undefined;

/** The bound functions; the first call loads koffi. */
export function openssl(): OpenSsl {
  if (bound === undefined) {
    // A null path is the running program itself.
    const library = koffi().load(null);
    const functions = Object.entries(SIGNATURES).map(([name, signature]) => {
      const [result, ...parameters] = signature.split(' ').map((type) => C_TYPES[type] ?? type);
      return [name, library.func(name, result!, parameters)];
    });
    bound = Object.fromEntries(functions) as OpenSsl;
  }
  return bound;
}
