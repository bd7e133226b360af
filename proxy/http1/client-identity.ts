import type { ProxyVersion } from '../../src/config/proxy-config.ts';
import type { RequestEdits } from '../features/feature.ts';
import type { Connection } from '../io/engine.ts';
import { proxyHeader } from '../proxy-protocol/sent-header.ts';
import type { TlsInfo } from '../tls/tls-info.ts';
import { certificateLines } from './certificate-lines.ts';
import type { Mutable } from './client-state.ts';
import type { HostLine, RequestAdditions } from './compose-head.ts';
import { NO_LINES } from './extra-lines.ts';
import { Field } from './fields.ts';
import { forNode, type Hop, parseForwarded } from './forwarded-field.ts';
import type { RequestHead } from './head.ts';
import type { IdentityRules } from './identity-rules.ts';
import { listOf } from './trusted-proxies.ts';

const NO_HOSTS: readonly HostLine[] = [];

/** Filled in for one request after the other, whosesoever they are. */
const additions: Mutable<RequestAdditions> = {
  method: null,
  path: null,
  wholeTarget: false,
  host: null,
  contentLength: null,
  defaultHost: NO_LINES,
  about: NO_LINES,
  hosts: NO_HOSTS,
  without: [],
  via: [NO_LINES, NO_LINES, NO_LINES],
  lines: NO_LINES,
};

/**
 * Who the client of a connection is, and what forwarded requests say about it. What the client says
 * about itself is replaced, for anybody can write it. Only what a trusted proxy says is continued, and
 * then every request may be another client's.
 */
export class ClientIdentity {
  /** The client's address, without brackets, and its port, 0 where a proxy did not tell it. */
  address: string;
  port: number;
  readonly #rules: IdentityRules;
  /** What the client spoke, as trusted proxies tell it: http or https. */
  scheme: string;
  /**
   * What trusted proxies say was asked for, where it is not what the request's head says: servers may
   * answer by it. '' where it is.
   */
  told = '';
  /** What came over this connection. */
  readonly #ownScheme: string;
  /** How the connection is secured; null: it is not. */
  readonly tls: TlsInfo | null;
  readonly #connection: Connection;
  /** The peer is a trusted proxy. */
  readonly #trusted: boolean;
  #about = NO_LINES;
  #hosts = NO_HOSTS;
  /** It speaks HTTP/2. */
  readonly http2: boolean;
  /** Lines about its certificate. */
  readonly #certificate: Buffer;
  /** Fields that only we may write. */
  readonly #ownFields: readonly string[];
  #defaultHost: Buffer | null = null;
  /** Null until an upstream wants one. */
  #proxyHeaders: Map<ProxyVersion, Buffer> | null = null;

  constructor(connection: Connection, rules: IdentityRules) {
    this.#connection = connection;
    this.http2 = rules.http2 === true;
    this.tls = connection.tls;
    this.#ownScheme = this.tls === null ? 'http' : 'https';
    this.scheme = this.#ownScheme;
    this.#rules = rules;
    const { remoteAddress } = connection;
    this.address = remoteAddress;
    this.port = connection.remotePort;
    this.#trusted = rules.trusted?.has(remoteAddress) ?? false;
    this.#ownFields = this.#trusted ? rules.certificateFields : rules.ownFields;
    const { tls } = this;
    this.#certificate =
      tls === null || rules.certificate === null
        ? NO_LINES
        : certificateLines(tls, rules.certificate);
    if (!this.#trusted) this.#describeStranger();
  }

  /** A request has come. Only behind a trusted proxy does its head say whose it is. */
  heed(head: RequestHead): void {
    if (this.#trusted) this.#describeForwarded(head);
  }

  /** This, with who connects as the client: of a head that is none, nobody can say more. */
  peer(): this {
    const { remoteAddress, remotePort } = this.#connection;
    if (this.#trusted) this.#name(remoteAddress, remotePort);
    return this;
  }

  #name(address: string, port: number): void {
    if (address !== this.address || port !== this.port) this.#proxyHeaders = null;
    this.address = address;
    this.port = port;
  }

  /** The PROXY header about this client; the same buffer for as long as it is the same client. */
  proxyHeader(version: ProxyVersion): Buffer {
    const known = this.#proxyHeaders?.get(version);
    if (known !== undefined) return known;
    const header = proxyHeader(version, {
      source: this.address,
      sourcePort: this.port,
      destination: this.#connection.localAddress,
      destinationPort: this.#connection.localPort,
    });
    this.#proxyHeaders ??= new Map();
    this.#proxyHeaders.set(version, header);
    return header;
  }

  /**
   * The only host that the client may ask for, in lower case; null: any. Its certificate was demanded
   * for the name it gave in the handshake (RFC 9110 7.4).
   */
  get boundHost(): string | null {
    return this.#rules.certificate === null ? null : (this.tls?.serverName ?? null);
  }

  /** Where the connection comes from: the client, or a proxy before us. */
  get peerAddress(): string {
    return this.#connection.remoteAddress;
  }

  /** Where the client connected to. */
  get localAddress(): string {
    return this.#connection.localAddress;
  }

  get localPort(): number {
    return this.#connection.localPort;
  }

  /** For one request; valid until the next call, for whichever client. `path` as in `RequestAdditions`. */
  additions(
    head: RequestHead,
    path: string | null,
    edits: RequestEdits | null = null,
  ): RequestAdditions {
    additions.about = this.#about;
    additions.hosts = this.#hosts;
    additions.via = this.#rules.via;
    additions.lines = NO_LINES;
    additions.path = path === null ? null : Buffer.from(path, 'latin1');
    additions.wholeTarget = false;
    additions.method = null;
    additions.contentLength = null;
    additions.host = null;
    additions.without = this.#ownFields;
    if (edits !== null) this.#edit(edits);
    // HTTP/1.0 may leave the host out; then it is where the client connected to (RFC 9112 3.3).
    additions.defaultHost = head.hostEnd > head.hostStart ? NO_LINES : this.#localHost();
    return additions;
  }

  /** Enters what features changed of this request. */
  #edit({ target, method, contentLength, host, without, lines: added }: RequestEdits): void {
    additions.wholeTarget = target !== null;
    if (target !== null) additions.path = Buffer.from(target, 'latin1');
    additions.method = method;
    additions.contentLength = contentLength;
    if (host !== null) additions.host = Buffer.from(host, 'latin1');
    additions.without = [...this.#ownFields, ...without];
    if (added.length > 0) additions.lines = Buffer.concat(added);
  }

  /** What holds for every request of a connection: all but the host, which is the request's. */
  #describeStranger(): void {
    const { address } = this;
    const { xForwarded, rfc7239 } = this.#rules;
    if (xForwarded) {
      this.#about = lines([
        ['X-Forwarded-For', address],
        ['X-Real-IP', address],
        ['X-Forwarded-Proto', this.scheme],
        ['X-Forwarded-Port', `${this.#connection.localPort}`],
      ]);
      this.#hosts = this.#rules.xForwardedHosts;
    }
    if (rfc7239) {
      const before = `Forwarded: ${forNode(address)};proto=${this.scheme};host="`;
      const line = { before: Buffer.from(before, 'latin1'), after: this.#rules.quoteEnd };
      this.#hosts = [...this.#hosts, line];
    }
    this.#about = this.#withCertificate(this.#about);
  }

  /** What a trusted proxy says is kept, and continued by where it came from. */
  #describeForwarded(head: RequestHead): void {
    const { remoteAddress, remotePort } = this.#connection;
    const rules = this.#rules;
    const peer = { address: remoteAddress, port: remotePort };
    const client = rules.trusted!.clientOf(head, peer);
    this.#name(client.address, client.port);
    const about: [string, string][] = [];
    const hosts: HostLine[] = [];
    const [proto, host, port] = this.#askedFor(head, client);
    const told = listOf(proto.toLowerCase())[0] ?? '';
    this.scheme = told === 'http' || told === 'https' ? told : this.#ownScheme;
    this.told = this.#isAsked(head, proto, host, port) ? '' : `${proto}\n${host}\n${port}`;
    if (rules.xForwarded) {
      const chain = [...this.#xForwardedFor(head), remoteAddress];
      about.push(['X-Forwarded-For', chain.join(', ')], ['X-Real-IP', client.address]);
      about.push(['X-Forwarded-Proto', proto || this.#ownScheme]);
      about.push(['X-Forwarded-Port', port || `${this.#connection.localPort}`]);
      if (host === '') hosts.push(rules.xForwardedHost);
      else about.push(['X-Forwarded-Host', host]);
    }
    if (rules.rfc7239) {
      const chain = [...this.#forwarded(head), forNode(remoteAddress)].join(', ');
      const before = `Forwarded: ${chain};proto=${this.#ownScheme};host="`;
      hosts.push({ before: Buffer.from(before, 'latin1'), after: rules.quoteEnd });
    }
    this.#about = this.#withCertificate(lines(about));
    this.#hosts = hosts;
  }

  /**
   * What the client spoke, whom it asked for and at which port; '' where it is not told. Proxies that
   * keep Forwarded say it there, and may have passed X-Forwarded-* as a client wrote it.
   */
  #askedFor(head: RequestHead, client: Hop): readonly [string, string, string] {
    if (this.#rules.trusted!.header === 'forwarded') {
      return [client.proto ?? '', client.host ?? '', ''];
    }
    const { xForwardedProto, xForwardedHost, xForwardedPort } = Field;
    return [
      head.combined(xForwardedProto),
      head.combined(xForwardedHost),
      head.combined(xForwardedPort),
    ];
  }

  /** Is that what the head itself, and where it came, says? */
  #isAsked(head: RequestHead, proto: string, host: string, port: string): boolean {
    if (proto !== '' && proto !== this.scheme) return false;
    const asked = head.bytes.toString('latin1', head.hostStart, head.hostEnd).toLowerCase();
    if (host !== '' && host.toLowerCase() !== asked) return false;
    const usual = this.scheme === 'https' ? '443' : '80';
    return (
      ['', usual, `${this.#connection.localPort}`].includes(port) || asked.endsWith(`:${port}`)
    );
  }

  /** The chain so far; begun anew with the client where the proxies keep the other kind of chain. */
  #xForwardedFor(head: RequestHead): readonly string[] {
    const kept = this.#rules.trusted!.header !== 'forwarded';
    return kept ? listOf(head.combined(Field.xForwardedFor)) : this.#beforePeer;
  }

  /** The same; a chain that cannot be read would make what we add unreadable, too. */
  #forwarded(head: RequestHead): readonly string[] {
    const came = head.combined(Field.forwarded);
    const kept = this.#rules.trusted!.header === 'forwarded' && parseForwarded(came) !== null;
    return kept ? [came].filter((chain) => chain !== '') : this.#beforePeer.map(forNode);
  }

  /** The client, if it is another one than who connects. */
  get #beforePeer(): readonly string[] {
    return this.address === this.#connection.remoteAddress ? [] : [this.address];
  }

  #withCertificate(about: Buffer): Buffer {
    return this.#certificate.length === 0 ? about : Buffer.concat([about, this.#certificate]);
  }

  #localHost(): Buffer {
    if (this.#defaultHost === null) {
      const { localAddress, localPort } = this.#connection;
      const host = localAddress.includes(':') ? `[${localAddress}]` : localAddress;
      this.#defaultHost = Buffer.from(`${host}:${localPort}`, 'latin1');
    }
    return this.#defaultHost;
  }
}

function lines(fields: readonly (readonly [string, string])[]): Buffer {
  const text = fields.map(([name, value]) => `${name}: ${value}\r\n`).join('');
  return Buffer.from(text, 'latin1');
}
