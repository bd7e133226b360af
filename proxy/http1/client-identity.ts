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
import { type ClientLines, linesOf, NOTHING_TOLD } from './stranger-lines.ts';
import { listOf } from './trusted-proxies.ts';

/** Filled in for one request after the other, whosesoever they are. */
const additions: Mutable<RequestAdditions> = {
  method: null,
  path: null,
  wholeTarget: false,
  host: null,
  contentLength: null,
  defaultHost: NO_LINES,
  about: NO_LINES,
  hosts: [],
  without: [],
  via: [NO_LINES, NO_LINES, NO_LINES],
  lines: NO_LINES,
};

/** What only some connections have: most are of strangers, who connect and ask. */
interface Particulars {
  /** The peer is a trusted proxy. */
  readonly trusted: boolean;
  address: string;
  port: number;
  scheme: string;
  told: string;
  /** Lines about its certificate. */
  certificate: Buffer;
  defaultHost: Buffer | null;
  proxyHeaders: Map<ProxyVersion, Buffer> | null;
}

/**
 * Who the client of a connection is, and what forwarded requests say about it. What the client says
 * about itself is replaced, for anybody can write it. Only what a trusted proxy says is continued, and
 * then every request may be another client's. Every idle connection has one, so it is small.
 */
export class ClientIdentity {
  readonly #connection: Connection;
  readonly #rules: IdentityRules;
  #lines: ClientLines;
  #particulars: Particulars | null = null;

  constructor(connection: Connection, rules: IdentityRules) {
    this.#connection = connection;
    this.#rules = rules;
    const { remoteAddress, localPort, tls } = connection;
    const trusted = rules.trusted?.has(remoteAddress) ?? false;
    if (trusted) this.#particulars = this.#ownParticulars(true);
    const arrival = { address: remoteAddress, scheme: this.#ownScheme, localPort };
    const lines = trusted ? NOTHING_TOLD : rules.strangers.of(arrival);
    if (tls === null || rules.certificate === null) {
      this.#lines = lines;
      return;
    }
    const certificate = certificateLines(tls, rules.certificate);
    this.#known().certificate = certificate;
    this.#lines = { about: Buffer.concat([lines.about, certificate]), hosts: lines.hosts };
  }

  /** The client's address, without brackets. */
  get address(): string {
    return this.#particulars?.address ?? this.#connection.remoteAddress;
  }

  /** Its port; 0 where a proxy did not tell it. */
  get port(): number {
    return this.#particulars?.port ?? this.#connection.remotePort;
  }

  /** What the client spoke, as trusted proxies tell it: http or https. */
  get scheme(): string {
    return this.#particulars?.scheme ?? this.#ownScheme;
  }

  /**
   * What trusted proxies say was asked for, where it is not what the request's head says: servers may
   * answer by it. '' where it is.
   */
  get told(): string {
    return this.#particulars?.told ?? '';
  }

  /** How the connection is secured; null: it is not. */
  get tls(): TlsInfo | null {
    return this.#connection.tls;
  }

  /** It speaks HTTP/2. */
  get http2(): boolean {
    return this.#rules.http2 === true;
  }

  /** What came over this connection. */
  get #ownScheme(): string {
    return this.#connection.tls === null ? 'http' : 'https';
  }

  /** Fields that only we may write. */
  get #ownFields(): readonly string[] {
    const trusted = this.#particulars?.trusted === true;
    return trusted ? this.#rules.certificateFields : this.#rules.ownFields;
  }

  #ownParticulars(trusted: boolean): Particulars {
    const { remoteAddress, remotePort } = this.#connection;
    return {
      trusted,
      address: remoteAddress,
      port: remotePort,
      scheme: this.#ownScheme,
      told: '',
      certificate: NO_LINES,
      defaultHost: null,
      proxyHeaders: null,
    };
  }

  #known(): Particulars {
    this.#particulars ??= this.#ownParticulars(false);
    return this.#particulars;
  }

  /** A request has come. Only behind a trusted proxy does its head say whose it is. */
  heed(head: RequestHead): void {
    const particulars = this.#particulars;
    if (particulars?.trusted === true) this.#describeForwarded(head, particulars);
  }

  /** This, with who connects as the client: of a head that is none, nobody can say more. */
  peer(): this {
    const { remoteAddress, remotePort } = this.#connection;
    const particulars = this.#particulars;
    if (particulars?.trusted === true) name(particulars, remoteAddress, remotePort);
    return this;
  }

  /** The PROXY header about this client; the same buffer for as long as it is the same client. */
  proxyHeader(version: ProxyVersion): Buffer {
    const particulars = this.#known();
    const known = particulars.proxyHeaders?.get(version);
    if (known !== undefined) return known;
    const header = proxyHeader(version, {
      source: this.address,
      sourcePort: this.port,
      destination: this.#connection.localAddress,
      destinationPort: this.#connection.localPort,
    });
    particulars.proxyHeaders ??= new Map();
    particulars.proxyHeaders.set(version, header);
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
    additions.about = this.#lines.about;
    additions.hosts = this.#lines.hosts;
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

  /** What a trusted proxy says is kept, and continued by where it came from. */
  #describeForwarded(head: RequestHead, particulars: Particulars): void {
    const { remoteAddress, remotePort } = this.#connection;
    const rules = this.#rules;
    const peer = { address: remoteAddress, port: remotePort };
    const client = rules.trusted!.clientOf(head, peer);
    name(particulars, client.address, client.port);
    const about: [string, string][] = [];
    const hosts: HostLine[] = [];
    const [proto, host, port] = this.#askedFor(head, client);
    const told = listOf(proto.toLowerCase())[0] ?? '';
    particulars.scheme = told === 'http' || told === 'https' ? told : this.#ownScheme;
    const isAsked = this.#isAsked(head, proto, host, port);
    particulars.told = isAsked ? '' : `${proto}\n${host}\n${port}`;
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
    const { certificate } = particulars;
    const lines = linesOf(about);
    this.#lines = {
      about: certificate.length === 0 ? lines : Buffer.concat([lines, certificate]),
      hosts,
    };
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

  #localHost(): Buffer {
    const particulars = this.#known();
    if (particulars.defaultHost === null) {
      const { localAddress, localPort } = this.#connection;
      const host = localAddress.includes(':') ? `[${localAddress}]` : localAddress;
      particulars.defaultHost = Buffer.from(`${host}:${localPort}`, 'latin1');
    }
    return particulars.defaultHost;
  }
}

/** It is this client's request now. */
function name(particulars: Particulars, address: string, port: number): void {
  if (address !== particulars.address || port !== particulars.port) particulars.proxyHeaders = null;
  particulars.address = address;
  particulars.port = port;
}
