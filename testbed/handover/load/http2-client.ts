/** An HTTP/2 connection over TLS with a few streams at a time. */
import { type ClientHttp2Session, connect, constants } from 'node:http2';
import { monotonicMs } from '../../lab/monotonic.ts';
import { authority, PersistentClient, reasonOf } from './client.ts';
import { limits } from './limits.ts';

/** One connection. */
export class Http2Client extends PersistentClient {
  #session: ClientHttp2Session | null = null;
  /** When each stream that is open was begun. */
  readonly #streams = new Map<object, number>();

  protected get pendingSinceMs(): number | null {
    const [first] = this.#streams.values();
    return first ?? null;
  }

  protected dial(): void {
    const session = connect(`https://${authority(this.options.address)}`, {
      rejectUnauthorized: false,
      servername: 'www.example.com',
    });
    this.#session = session;
    const ours = (act: () => void) => {
      if (this.#session === session) act();
    };
    session.on('connect', () => ours(() => this.established()));
    session.on('goaway', (code: number) => ours(() => this.#goneAway(session, code)));
    session.on('error', (error: NodeJS.ErrnoException) =>
      ours(() => this.lost('broken', reasonOf(error))),
    );
    session.on('close', () => ours(() => this.lost('broken', 'closed without GOAWAY')));
  }

  protected ask(): void {
    for (let left = limits.http2Streams - this.#streams.size; left > 0; left--) this.#stream();
  }

  #stream(): void {
    const stream = this.#session!.request({ ':path': '/' });
    const beganMs = monotonicMs();
    let status = 0;
    let bytes = 0;
    this.#streams.set(stream, beganMs);
    stream.on('response', (fields) => {
      status = Number(fields[':status']);
    });
    stream.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
    });
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (this.#streams.delete(stream)) this.incident('failed', `stream: ${reasonOf(error)}`);
    });
    stream.on('end', () => {
      if (!this.#streams.delete(stream)) return;
      if (status === 200 && bytes > 0) this.answered(beganMs);
      else this.incident('failed', `status ${status}, ${bytes} bytes`);
    });
  }

  /** New requests go elsewhere; what is open is finished on the old connection, which then closes. */
  #goneAway(session: ClientHttp2Session, code: number): void {
    if (code !== constants.NGHTTP2_NO_ERROR) {
      this.lost('broken', `GOAWAY ${code}`);
      return;
    }
    this.#session = null;
    session.close();
    const open = [...this.#streams];
    this.#streams.clear();
    this.lost('ended', 'GOAWAY');
    for (const [stream, beganMs] of open) this.#streams.set(stream, beganMs);
  }

  protected hangUp(): void {
    const session = this.#session;
    this.#session = null;
    this.#streams.clear();
    session?.destroy();
  }
}
