/**
 * One SSL object: bytes of the wire in, plaintext out, and back. It has no socket and no memory of its own for
 * bytes of the wire: all sessions of a thread share two memory BIOs, which are empty whenever nobody is in here.
 *
 *     receive(wire) ──► read BIO ──► handshake() or read() ──► plaintext
 *     write(plain)  ──► SSL_write ──► write BIO ──► collect() ──► wire
 *
 * `handshake` and `read` leave nothing in the read BIO: OpenSSL keeps the beginning of a record itself. What any method
 * leaves in the write BIO is collected before anything else is done; `collect` is cheap.
 */
import { addressOf } from './native-bytes.ts';
import { type Address, openssl } from './openssl.ts';
import { BIO_CTRL_RESET, Ctrl, SslError } from './openssl-constants.ts';
import { OpenSslError, succeed, takeErrors } from './openssl-errors.ts';
import { failureOf } from './openssl-failure.ts';
import { sessionInfo } from './session-info.ts';
import type { TlsContext } from './tls-context.ts';
import type { TlsFailure } from './tls-failure.ts';
import type { TlsInfo } from './tls-info.ts';

/** The BIOs of this thread; never freed. */
interface Pipes {
  readonly read: Address;
  readonly write: Address;
}

let shared: Pipes | undefined;
let live = 0;

/** SSL objects of this thread that are not freed. */
export function liveSessions(): number {
  return live;
}

/** The owner of an SSL object. Once it is freed, every method does nothing. */
export class OpenSslSession {
  /** Why it is of no more use. */
  failure: TlsFailure | null = null;
  established = false;
  /** The peer has sent its close_notify. */
  peerClosed = false;
  /** OpenSSL keeps the beginning of a record: what `read` gives may be more than `receive` brought. */
  carries = false;
  readonly #context: TlsContext;
  readonly #pipes: Pipes;
  /** 0 once it is freed. */
  #ssl: Address = 0;
  #closed = false;

  /** Throws OpenSslError for want of memory. */
  constructor(context: TlsContext, role: 'server' | 'client') {
    const ssl = openssl();
    this.#context = context;
    shared ??= { read: memoryBio(), write: memoryBio() };
    this.#pipes = shared;
    const address = ssl.SSL_new(context.acquire());
    if (address === 0) {
      context.release();
      throw new OpenSslError('SSL_new', takeErrors());
    }
    live++;
    this.#ssl = address;
    const { read, write } = shared;
    // SSL_set_bio takes a reference of each.
    ssl.BIO_up_ref(read);
    ssl.BIO_up_ref(write);
    ssl.SSL_set_bio(address, read, write);
    if (role === 'server') ssl.SSL_set_accept_state(address);
    else ssl.SSL_set_connect_state(address);
  }

  /** A client's session: names the server it wants, which must be no address. */
  askFor(serverName: string): void {
    // OpenSSL copies it. The collector knows nothing of an address: the buffer has to outlive the call.
    serverNameText.write(`${serverName}\0`, 'latin1');
    const name = Number(addressOf(serverNameText));
    succeed('server name', openssl().SSL_ctrl(this.#ssl, Ctrl.hostName, 0, name));
  }

  /** A client's session: the server's certificate has to be for this name or address. */
  expectName(name: string): void {
    succeed('expected name', openssl().SSL_set1_host(this.#ssl, name));
  }

  /** A client's session: goes on with an earlier one, if the server agrees. */
  resume(saved: Address): void {
    openssl().SSL_set_session(this.#ssl, saved);
    openssl().ERR_clear_error();
  }

  /** What later sessions can go on with, the caller's to free; 0: nothing. */
  save(): Address {
    if (this.#ssl === 0 || !this.established) return 0;
    const ssl = openssl();
    const saved = ssl.SSL_get1_session(this.#ssl);
    if (saved === 0 || ssl.SSL_SESSION_is_resumable(saved) === 1) return saved;
    ssl.SSL_SESSION_free(saved);
    return 0;
  }

  /** Bytes [start, end) of the wire came. `handshake` or `read` has to follow. */
  receive(bytes: Buffer, start: number, end: number): void {
    if (this.#ssl === 0 || start === end) return;
    const from = start === 0 ? bytes : bytes.subarray(start, end);
    openssl().BIO_write(this.#pipes.read, from, end - start);
  }

  /**
   * Goes on with the handshake. Sets `established` or `failure`; if neither, more bytes are needed. After
   * `established`, call `read` at once: the read BIO may hold more.
   */
  handshake(): void {
    if (this.#ssl === 0) return;
    const result = openssl().SSL_do_handshake(this.#ssl);
    if (result !== 1) {
      this.#judge(result);
      return;
    }
    this.established = true;
    // What was tried on the way (a key, a ticket) may have left something.
    openssl().ERR_clear_error();
  }

  /**
   * Puts plaintext into bytes [start, end) and returns where it ends. There has to be room for all: as many bytes as
   * `receive` brought, and one record more if the session `carries`.
   */
  read(into: Buffer, start: number, end: number): number {
    if (this.#ssl === 0) return start;
    const ssl = openssl();
    const { read } = this.#pipes;
    // What others have left on the queue would pass for an error of this session.
    ssl.ERR_clear_error();
    let at = start;
    do {
      const target = at === 0 ? into : into.subarray(at, end);
      const result = ssl.SSL_read(this.#ssl, target, end - at);
      if (result <= 0) {
        this.#judge(result);
        break;
      }
      at += result;
    } while (ssl.BIO_ctrl_pending(read) > 0);
    this.carries = ssl.SSL_has_pending(this.#ssl) === 1;
    return at;
  }

  /** Encrypts bytes [start, end). */
  write(bytes: Buffer, start: number, end: number): void {
    if (this.#ssl === 0 || start === end) return;
    const from = start === 0 ? bytes : bytes.subarray(start, end);
    const result = openssl().SSL_write(this.#ssl, from, end - start);
    if (result > 0) return;
    this.#judge(result);
    // It would have to be written later: the peer is in the middle of a message about keys or tickets
    // that it sends in several records, which nobody does but to try what happens.
    this.failure ??= { code: 'tls_malformed', detail: 'a message in pieces' };
  }

  /** There are bytes for the wire. */
  get hasOutput(): boolean {
    return openssl().BIO_ctrl_pending(this.#pipes.write) > 0;
  }

  /** Moves bytes for the wire to the beginning of `into`; returns how many, less than there is room for: all. */
  collect(into: Buffer): number {
    return Math.max(0, openssl().BIO_read(this.#pipes.write, into, into.length));
  }

  /** Sends close_notify, once. */
  close(): void {
    if (this.#ssl === 0 || this.#closed || !this.established || this.failure !== null) return;
    this.#closed = true;
    // 0 and 1 are both good: the peer's is still to come, or has come.
    if (openssl().SSL_shutdown(this.#ssl) < 0) takeErrors();
  }

  /** What the handshake came to. */
  info(serverName: string | null): TlsInfo {
    return sessionInfo(this.#ssl, serverName);
  }

  free(): void {
    if (this.#ssl === 0) return;
    openssl().SSL_free(this.#ssl);
    this.#ssl = 0;
    live--;
    this.#context.release();
  }

  #judge(result: number): void {
    const ssl = openssl();
    const error = ssl.SSL_get_error(this.#ssl, result);
    if (error === SslError.wantRead || error === SslError.wantWrite) return;
    if (error === SslError.closed) this.peerClosed = true;
    else this.failure ??= failureOf(this.#ssl, takeErrors());
    // Nothing that follows is looked at.
    ssl.BIO_ctrl(this.#pipes.read, BIO_CTRL_RESET, 0, 0);
  }
}

/** More than the longest name of a host, with its end. */
const NAME_BYTES = 512;
const serverNameText = Buffer.allocUnsafeSlow(NAME_BYTES);

function memoryBio(): Address {
  const ssl = openssl();
  return succeed('BIO_new', ssl.BIO_new(ssl.BIO_s_mem()));
}
