/**
 * What the balancer half needs from the config file: defaults applied, units resolved (ms, bytes).
 * Types only; proxy/ may import this file.
 */
import type { AccessList } from './access-config.ts';
import type { AccessLogConfig } from './access-log-config.ts';
import type { BufferingConfig } from './buffering-config.ts';
import type { CacheStoreConfig, RouteCacheConfig } from './cache-config.ts';
import type { CompressionConfig } from './compression-config.ts';
import type { EjectionConfig, HealthCheckConfig } from './health-config.ts';
import type { Http2Config } from './http2-config.ts';
import type { RequestIdConfig, TraceConfig } from './request-id-config.ts';
import type { RetryConfig } from './retry-config.ts';
import type { PathKind, RouteCondition } from './routing-config.ts';

export type { EjectionConfig, HealthCheckConfig } from './health-config.ts';

import type { HashConfig, PolicyName, QueueConfig, StickyConfig } from './balancing-config.ts';
import type {
  ConcurrencyLimitConfig,
  ConnectionsPerSourceConfig,
  RateLimitConfig,
  RouteLimits,
} from './limit-config.ts';
import type { MirrorConfig } from './mirror-config.ts';
import type { RewritingConfig } from './rewriting-config.ts';
import type { SplitConfig } from './split-config.ts';
import type { ListenerTlsConfig, UpstreamTlsConfig } from './tls-config.ts';

export type { PolicyName } from './balancing-config.ts';

export interface ServerConfig {
  /** Host part of the address: IPv4, IPv6 without brackets, or a DNS name. */
  readonly host: string;
  readonly port: number;
  /** 0-1000; 0 takes no new work. */
  readonly weight: number;
  /** Used only while no other server is available. */
  readonly backup: boolean;
  /** Never used, whatever is known of it; absent: false. */
  readonly down?: boolean;
  /** Requests and sessions at a time, all workers together; absent: any number. */
  readonly connectionsMax?: number;
  /** Where the health check asks instead; absent: the server itself. */
  readonly checkAddress?: BindAddress;
  /** The DNS name that `host` was found by; absent: `host` is what the file says. */
  readonly name?: string;
}

/** Servers that DNS tells. */
export interface NamedServersConfig {
  /** Their place: before this one of the upstream's `servers`; their number: after the last. */
  readonly place: number;
  /** `address`: addresses (A, AAAA) of the name. `srv`: the name's SRV records, each with a port. */
  readonly kind: 'address' | 'srv';
  /** Of all addresses only one is used. */
  readonly one: boolean;
  /** What each of them is; `host` is the name, and `srv` fills in port, weight and backup. */
  readonly template: ServerConfig;
}

/** How names of servers are looked up. */
export interface ResolverConfig {
  /** Name servers, asked in this order; empty: those of /etc/resolv.conf. */
  readonly servers: readonly BindAddress[];
  /** Domains that short names are tried in; null: those of /etc/resolv.conf. */
  readonly search: readonly string[] | null;
  /** For one name server to answer one question. */
  readonly timeoutMs: number;
  /** Bounds of the time that an answer is used. */
  readonly ttlMinMs: number;
  readonly ttlMaxMs: number;
  /** How long a name that is said not to exist keeps its last addresses. */
  readonly holdMs: number;
  /** How long an address that an answer lacks is kept. */
  readonly lingerMs: number;
  /** Which addresses count. `any`: of each family that this host has an address of. */
  readonly family: 'any' | 'ipv4' | 'ipv6';
}

export interface UpstreamConfig {
  readonly name: string;
  readonly policy: PolicyName;
  /** Null: the policy hashes nothing. */
  readonly hash: HashConfig | null;
  /** Null: a request for which every server is full is refused. */
  readonly queue: QueueConfig | null;
  /** How long a server that comes back takes to get its full weight; 0: it gets it at once. */
  readonly slowStartMs: number;
  /** Null: clients are kept with no server. */
  readonly sticky: StickyConfig | null;
  /** Those with an address of their own; at run time with those that `names` stand for among them. */
  readonly servers: readonly ServerConfig[];
  readonly names: readonly NamedServersConfig[];
  readonly healthCheck: HealthCheckConfig | null;
  /** What happens to requests takes no server out when null. */
  readonly ejection: EjectionConfig | null;
  /** With a smaller share of fit servers, in percent, all are used; 0: never. */
  readonly panicThreshold: number;
  readonly retry: RetryConfig;
  /** To establish a connection. */
  readonly connectTimeoutMs: number;
  /** From the request fully sent to the response head. */
  readonly responseTimeoutMs: number;
  /** No byte in either direction in the middle of a message (HTTP) or a session (TCP). */
  readonly idleTimeoutMs: number;
  /** Idle keep-alive connections kept per server and worker, and for how long. */
  readonly keepAliveMax: number;
  readonly keepAliveTimeoutMs: number;
  /** Each connection begins with a PROXY header about the client. */
  readonly sendProxy: ProxyVersion | null;
  /** What its servers speak; absent: HTTP/1. */
  readonly protocol?: 'http1' | 'http2';
  /** Null: plain connections. */
  readonly tls: UpstreamTlsConfig | null;
}

/** Forms of the PROXY header we send; the last has a CRC32c. */
export type ProxyVersion = 'v1' | 'v2' | 'v2_crc32c';

/** Connections that begin with a PROXY header. */
export interface AcceptProxyConfig {
  /** Peers that must send one. */
  readonly from: readonly NetworkConfig[];
  /** From the connection to the end of its header. */
  readonly timeoutMs: number;
  /** What becomes of connections of other peers. */
  readonly others: 'refuse' | 'plain';
}

export interface BindAddress {
  /** IPv4 or IPv6 literal without brackets. */
  readonly host: string;
  readonly port: number;
}

export interface RouteConfig {
  /** For logs and metrics; unique in its listener but for the paths of one route in the file. */
  readonly name: string;
  /** Exact host names, lower case, or `*.example.com`; empty: any. */
  readonly hosts: readonly string[];
  /** The path, a prefix of it in whole segments (`/` matches all), or a pattern for all of it. */
  readonly path: string;
  readonly pathKind: PathKind;
  /** Upper case; empty: any. */
  readonly methods: readonly string[];
  /** What else has to hold. */
  readonly conditions: readonly RouteCondition[];
  /** Routes of a higher one are asked first. */
  readonly priority: number;
  /** Of one priority and host, the lowest is asked first (route-order.ts). */
  readonly order: number;
  /** Null: something else answers its requests, or says where they go. */
  readonly upstream: string | null;
  /** Forward the target as it came instead of the normalised path (routing still uses the latter). */
  readonly rawPath: boolean;
  /** Its requests are in the listener's access log. */
  readonly accessLog: boolean;
  /** Null: none. */
  readonly limits: RouteLimits | null;
  /** A request from its head to the end of the answer; 0: any time. */
  readonly timeoutMs: number;
  /** Where its requests go instead of one upstream. */
  readonly split?: SplitConfig;
  /** Where copies of its requests go, too. */
  readonly mirror?: MirrorConfig;
  /** Lists that all have to let a client pass. */
  readonly access?: readonly AccessList[];
  /** What it changes of messages and answers itself; absent: nothing. */
  readonly rewriting?: RewritingConfig;
  /** Absent: bodies are streamed. */
  readonly buffering?: BufferingConfig;
  /** Absent: answers go out as they come. */
  readonly compression?: CompressionConfig;
  /** Clients see the servers' `Server` field; absent: they do not. */
  readonly passServer?: boolean;
  /** Absent: nothing is stored. */
  readonly cache?: RouteCacheConfig;
}

/** What of an HTTP listener's limits is about whole requests and connections; 0: not bound. */
export interface TimeBounds {
  /** From the head's end to the body's: 408 beyond. */
  readonly requestTimeoutMs: number;
  /** Bytes of a body per second, counted over each `bodyRateGraceMs`: 408 below. */
  readonly bodyRateMin: number;
  readonly bodyRateGraceMs: number;
  /** Requests of one connection. */
  readonly requestsMax: number;
  /** A connection's age at its last request. */
  readonly ageMaxMs: number;
}

/** Bounds a client meets on an HTTP listener. */
export interface HttpLimits {
  /** Request line, bytes: 414 beyond. */
  readonly requestLineMax: number;
  /** Whole head, bytes: 431 beyond. */
  readonly headBytesMax: number;
  /** Header fields: 431 beyond. */
  readonly headerCountMax: number;
  /** Body, bytes: 413 beyond, announced or streamed. 0: no limit. */
  readonly bodyBytesMax: number;
  /** First byte of a head to its end: 408 beyond. */
  readonly headTimeoutMs: number;
  /** Between requests on a kept-alive connection: closed beyond. */
  readonly keepAliveTimeoutMs: number;
  /** No progress on a body in either direction. */
  readonly idleTimeoutMs: number;
  /** Null: nothing of this is bound. */
  readonly time: TimeBounds | null;
}

export interface NetworkConfig {
  /** IPv4 or IPv6 literal without brackets. */
  readonly address: string;
  readonly prefixLength: number;
}

/** Proxies before the listener that are believed about the client. */
export interface ClientIpConfig {
  readonly trusted: readonly NetworkConfig[];
  /** Lower case: `x-forwarded-for`, `forwarded`, or a field with one address. */
  readonly header: string;
}

/** What an HTTP listener makes of messages. */
export interface HttpRulesConfig {
  /** Null: the client is who connects. */
  readonly clientIp: ClientIpConfig | null;
  /** What servers are told about the client. */
  readonly forwarded: 'x-forwarded' | 'rfc7239' | 'both' | 'off';
  /** The balancer's name in Via. */
  readonly via: string;
  /** What becomes of request fields with an underscore in their name. */
  readonly underscores: 'drop' | 'refuse' | 'pass';
  /** Protocols a connection may be upgraded to, lower case. */
  readonly upgrades: readonly string[];
  /** Fields about client certificates, lower case: never a client's to send. */
  readonly certificateFields: readonly string[];
}

interface ListenerBase {
  readonly name: string;
  readonly binds: readonly BindAddress[];
  /** Open client connections, all workers together. */
  readonly connectionsMax: number;
  /** Null: no limit. */
  readonly connectionsPerSource: ConnectionsPerSourceConfig | null;
  /** Null: no connection begins with a PROXY header. */
  readonly acceptProxy: AcceptProxyConfig | null;
}

export interface HttpListenerConfig extends ListenerBase {
  readonly protocol: 'http';
  /** Null: clients speak plainly. */
  readonly tls: ListenerTlsConfig | null;
  readonly routes: readonly RouteConfig[];
  readonly limits: HttpLimits;
  readonly rules: HttpRulesConfig;
  /** Null or absent: clients speak HTTP/1 only. */
  readonly http2?: Http2Config | null;
  /** Null: none. */
  readonly accessLog: AccessLogConfig | null;
  /** Null: requests get no id. */
  readonly requestId: RequestIdConfig | null;
  /** Null: `traceparent` is a field like any other. */
  readonly trace: TraceConfig | null;
  /** For answers to requests that have no route; absent: nothing. */
  readonly rewriting?: RewritingConfig;
  /** Absent: answers go out as they come. */
  readonly compression?: CompressionConfig;
}

export interface TcpListenerConfig extends ListenerBase {
  /** Lists that all have to let a client pass. */
  readonly access?: readonly AccessList[];
  /** Null: none. */
  readonly accessLog: AccessLogConfig | null;
  readonly protocol: 'tcp';
  /** Null: bytes are passed on as they come. */
  readonly tls: ListenerTlsConfig | null;
  /** Where connections go that no route takes; null: they are refused. */
  readonly upstream: string | null;
  /** By what a TLS client asks for; empty: nobody looks. */
  readonly routes: readonly TlsRouteConfig[];
  readonly limits: TcpLimits;
}

/** A route of TLS connections, which stay encrypted. */
export interface TlsRouteConfig {
  /** Exact host names, lower case, or `*.example.com`; empty: any, and none. */
  readonly names: readonly string[];
  /** Application protocols (ALPN), one of which the client must offer; empty: any. */
  readonly protocols: readonly string[];
  readonly upstream: string;
}

export interface TcpLimits {
  /** Silence in both directions; null: the upstream's. */
  readonly idleTimeoutMs: number | null;
  /** Life of a session; null: without end. */
  readonly sessionMaxMs: number | null;
  /** From the connection to the end of the ClientHello, where there are routes. */
  readonly helloTimeoutMs: number;
}

export interface UdpListenerConfig extends ListenerBase {
  readonly protocol: 'udp';
  readonly upstream: string;
  /** Answers to each datagram of the client, after which a session is over; null: unknown. */
  readonly responses: number | null;
  /** Silence in both directions after which a session is over. */
  readonly idleTimeoutMs: number;
}

export type ListenerConfig = HttpListenerConfig | TcpListenerConfig | UdpListenerConfig;

export interface ProxyConfig {
  readonly digest: string;
  /** Worker threads, at least 1; `auto` is resolved to the number of cores. */
  readonly workers: number;
  readonly io: 'auto' | 'net' | 'uring';
  /** Longest time a stopping balancer waits for what is in flight. */
  readonly drainTimeoutMs: number;
  /** Where bodies are held that are too long for memory. */
  readonly tempDirectory: string;
  readonly resolver: ResolverConfig;
  readonly upstreams: readonly UpstreamConfig[];
  readonly rateLimits: readonly RateLimitConfig[];
  readonly concurrencyLimits: readonly ConcurrencyLimitConfig[];
  readonly caches: readonly CacheStoreConfig[];
  readonly listeners: readonly ListenerConfig[];
  /** What the keys of session tickets are made of, the same on both hosts; null: random ones. */
  readonly ticketSecret: Uint8Array | null;
}
