import type { RequestHead } from '../http1/head.ts';
import type { Server } from './server.ts';

/** Keeps a client at one server of an upstream by a cookie. */
export interface StickyCookie {
  /** The server that the request's cookie names, if it is one of ours; the head is valid during the call. */
  serverOf(head: RequestHead): Server | null;
  /** A whole `Set-Cookie` line that names the server. */
  lineFor(server: Server): Buffer;
}
