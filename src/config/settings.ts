/**
 * Every default and bound of the config language, in one table and in the operator's own spelling.
 * Where nginx, HAProxy or keepalived agree on a value it is theirs; the comment says where not.
 */
export const settings = {
  node: {
    // 1 and 2 are the effective priorities of a sick node, so no healthy one may have them.
    priority: { default: 100, min: 3, max: 255 },
    countMax: 2,
  },
  pair: {
    port: { default: 9181, min: 1, max: 65_535 },
    addressesMax: 4,
    // Fewer could be guessed by somebody who records one handshake.
    secretBytes: { min: 16, max: 4_096 },
  },
  virtualRouter: {
    countMax: 255,
    vrid: { min: 1, max: 255 },
    advertInterval: { default: '1s', min: '10ms', max: '255s' },
    // RFC 9568 counts in 12 bits of centiseconds, RFC 3768 in 8 bits of seconds.
    advertIntervalV3Max: '40950ms',
    addressesMax: 64,
    // They are in no advert, so only the lease's rules and the announcements grow with them.
    excludedAddressesMax: 1024,
    routesMax: 256,
    routeMetric: { min: 0, max: 4_294_967_295 },
    routeTable: { default: 254, min: 1, max: 4_294_967_295 },
    preemptDelay: { default: '0s', min: '0s', max: '1000s' },
    startupDelay: { default: '0s', min: '0s', max: '1000s' },
    // Long enough for most downloads, short enough to wait for before a host is switched off.
    drainTimeout: { default: '10m', min: '0s', max: '24h' },
  },
  unicast: {
    minTtl: { default: 255, min: 1, max: 255 },
    // One of each family.
    addressesMax: 2,
    peersMax: 8,
  },
  auth: {
    // RFC 2338: the field has eight bytes.
    passwordBytesMax: 8,
    keyId: { min: 1, max: 255 },
    keysMax: 8,
    // keepalived's bounds: less is guessed sooner than the HMAC is, more is hashed down again.
    keyBytes: { min: 32, max: 64 },
    modes: ['off', 'permissive', 'enforce'],
  },
  tracker: {
    interfacesMax: 16,
    scriptsMax: 16,
    upstreamsMax: 8,
    weight: { default: 0, min: -253, max: 253 },
    upDelay: { default: '0s', min: '0s', max: '1h' },
    downDelay: { default: '0s', min: '0s', max: '1h' },
    minUpMax: 1024,
    gatewaysMax: 8,
    filesMax: 8,
    processesMax: 8,
    processArgumentsMax: 64,
    quorum: { default: 1, min: 1, max: 1000 },
    fileWeight: { default: 1, min: -253, max: 253 },
    gateway: {
      interval: { default: '1s', min: '100ms', max: '1h' },
      timeout: { default: '500ms', min: '10ms', max: '1m' },
      rise: { default: 2, min: 1, max: 255 },
      fall: { default: 3, min: 1, max: 255 },
    },
  },
  bfd: {
    // keepalived's interval, RFC 5880's usual multiplier. 3 ms is what one host was seen to hold.
    interval: { default: '10ms', min: '3ms', max: '1s' },
    multiplier: { default: 3, min: 2, max: 50 },
  },
  notify: {
    argumentsMax: 64,
    timeout: { default: '10s', min: '100ms', max: '5m' },
  },
  healthScript: {
    countMax: 64,
    argumentsMax: 64,
    interval: { default: '2s', min: '100ms', max: '1h' },
    timeout: { default: '1s', min: '10ms', max: '1h' },
    rise: { default: 2, min: 1, max: 255 },
    fall: { default: 2, min: 1, max: 255 },
    weight: { default: 0, min: -253, max: 253 },
  },
  upstream: {
    countMax: 1024,
    serversMax: 1024,
    // Half of the balancer's shared memory: after a reload the old servers finish beside the new.
    serversTotalMax: 2048,
    policy: 'round_robin',
    maxConnections: { min: 1, max: 1_000_000 },
    queueMax: { default: 100, min: 1, max: 100_000 },
    queueTimeout: { default: '5s', min: '10ms', max: '10m' },
    slowStart: { min: '1s', max: '1h' },
    // At 1 every request could have to move; beyond 100 nothing is bounded.
    loadFactor: { min: 1.05, max: 100 },
    resolve: 'all',
    weight: { default: 1, min: 0, max: 1000 },
    connectTimeout: { default: '5s', min: '10ms', max: '10m' },
    responseTimeout: { default: '60s', min: '10ms', max: '24h' },
    idleTimeout: { default: '60s', min: '100ms', max: '24h' },
    // nginx's proxy_timeout for streams: a database session is quiet for longer than a request.
    idleTimeoutTcp: '10m',
    keepAliveMax: { default: 64, min: 0, max: 10_000 },
    keepAliveTimeout: { default: '60s', min: '100ms', max: '1h' },
  },
  buffering: {
    // nginx: client_body_buffer_size is 16 KiB, and the rest goes to disk however long.
    request: {
      memory: { default: '64KiB', min: '0', max: '64MiB' },
      disk: { default: '1GiB', min: '0', max: '1024GiB' },
    },
    // nginx holds 64 KiB in memory and 1 GiB on disk.
    response: {
      memory: { default: '256KiB', min: '4KiB', max: '64MiB' },
      disk: { default: '1GiB', min: '0', max: '1024GiB' },
    },
    // Cleaned by the system, on disk rather than in memory, and private to the unit.
    directory: '/var/tmp',
  },
  compression: {
    codings: ['zstd', 'br', 'gzip'],
    types: [
      ...['text/html', 'text/css', 'text/plain', 'text/xml', 'text/javascript', 'text/csv'],
      ...['text/markdown', 'text/calendar', 'application/javascript', 'application/json'],
      ...['application/ld+json', 'application/manifest+json', 'application/problem+json'],
      ...[
        'application/xml',
        'application/xhtml+xml',
        'application/rss+xml',
        'application/atom+xml',
      ],
      ...['application/wasm', 'application/vnd.ms-fontobject', 'font/ttf', 'font/otf'],
      ...['image/svg+xml', 'image/bmp', 'image/x-icon'],
    ],
    typesMax: 128,
    // Smaller ones fit into one packet either way. nginx compresses from 20 bytes on.
    sizeMin: { default: '1KiB', min: '0', max: '1GiB' },
    // nginx has 1, most sites set 4 to 6: the last level before the price rises steeply.
    gzipLevel: { default: 5, min: 1, max: 9 },
    brLevel: { default: 4, min: 0, max: 9 },
    zstdLevel: { default: 3, min: 1, max: 12 },
  },
  resolver: {
    serversMax: 4,
    searchMax: 6,
    port: 53,
    timeout: { default: '1s', min: '10ms', max: '30s' },
    ttlMin: { default: '1s', min: '1s', max: '1h' },
    // Docker's own name server says 10 minutes of containers that come and go.
    ttlMax: { default: '1m', min: '1s', max: '24h' },
    // HAProxy's `hold nx`.
    hold: { default: '30s', min: '0s', max: '24h' },
    // HAProxy's `hold obsolete`.
    linger: { default: '0s', min: '0s', max: '1h' },
    family: 'any',
  },
  retry: {
    // nginx's "error"; its "timeout" is left to be asked for, as in HAProxy.
    on: ['connect', 'closed'],
    tries: { default: 3, min: 1, max: 16 },
    timeout: { default: '0s', min: '0s', max: '24h' },
    // One frozen server of two gets every second request: less would fail some of those.
    budget: '100%',
    budgetPercentMax: 1000,
    body: { default: '64KiB', min: '0', max: '1MiB' },
    hedgeAfter: { min: '1ms', max: '1m' },
  },
  sticky: {
    cookie: 'tandem_srv',
    path: '/',
    sameSite: 'lax',
    ttl: { min: '1s', max: '8760h' },
  },
  healthCheck: {
    interval: { default: '2s', min: '100ms', max: '1h' },
    timeout: { default: '1s', min: '10ms', max: '10m' },
    rise: { default: 2, min: 1, max: 255 },
    fall: { default: 3, min: 1, max: 255 },
    path: '/',
    status: '200-399',
    method: 'GET',
    headersMax: 16,
    bodyTextBytesMax: 1024,
    // What is sent or expected over plain TCP or TLS.
    messageBytesMax: 4096,
    port: { min: 1, max: 65_535 },
    initial: 'unknown',
    argumentsMax: 64,
  },
  passive: {
    // nginx's defaults.
    maxFails: { default: 1, min: 1, max: 1000 },
    failTimeout: { default: '10s', min: '1s', max: '1h' },
  },
  outlier: {
    // Envoy's, where it has them.
    consecutiveErrors: { default: 5, min: 0, max: 1000 },
    errorRate: { default: '50%', min: 0, max: 100 },
    minRequests: { default: 20, min: 1, max: 1_000_000 },
    interval: { default: '10s', min: '1s', max: '10m' },
    baseEjection: { default: '30s', min: '1s', max: '1h' },
    maxEjection: { default: '5m', min: '1s', max: '24h' },
    // Envoy's 10 % keeps a pair of servers whole only because it always allows one.
    maxEjected: { default: '50%', min: 1, max: 100 },
    trials: { default: 1, min: 1, max: 20 },
    status: '500-599',
  },
  // Envoy's default is 50 %, which surprises everybody once.
  panicThreshold: { default: '0%', min: 0, max: 100 },
  access: {
    rulesMax: 4096,
  },
  split: {
    sharesMax: 16,
    weight: { default: 1, min: 0, max: 1000 },
    forcesMax: 4,
    forceValuesMax: 64,
    cookie: 'tandem_split',
    ttl: { min: '1s', max: '8760h' },
  },
  mirror: {
    share: { default: '100%', min: 1, max: 100 },
    bodyMax: { default: '64KiB', min: '1', max: '16MiB' },
    concurrency: { default: 100, min: 1, max: 10_000 },
  },
  listener: {
    // Half of the balancer's shared memory, as for servers.
    countMax: 128,
    bindsMax: 64,
    routesMax: 4096,
    matchValuesMax: 256,
    // Header fields, cookies or parameters of one match.
    matchNamesMax: 16,
    matchTextMax: 1024,
    routePriority: { default: 0, min: -1000, max: 1000 },
    // Host, path and method combinations of one listener, all routes together.
    matchCombinationsMax: 65_536,
  },
  httpRules: {
    // Cloudflare publishes 22 networks, CloudFront some 200.
    trustedMax: 1024,
    upgradesMax: 16,
    tokenMax: 64,
    forwarded: { values: ['x-forwarded', 'rfc7239', 'both', 'off'], default: 'x-forwarded' },
    underscores: { values: ['drop', 'refuse', 'pass'], default: 'drop' },
    via: 'tandem',
    // Several tiers of balancers may share the default name; a loop ends after as many rounds.
    viaPassesMax: 4,
  },
  limits: {
    connections: { default: 10_000, min: 1, max: 1_000_000 },
    requestLine: { default: '8KiB', min: '256', max: '32KiB' },
    // The balancer composes a head, with what it adds, in 64 KiB.
    head: { default: '32KiB', min: '1KiB', max: '48KiB' },
    headers: { default: 100, min: 8, max: 1000 },
    // nginx's 1 MiB surprises everybody once; bodies are streamed, never held, so more is safe.
    body: { default: '1GiB', min: '0', max: '1024GiB' },
    headTimeout: { default: '10s', min: '100ms', max: '10m' },
    keepAliveTimeout: { default: '75s', min: '100ms', max: '1h' },
    idleTimeout: { default: '60s', min: '100ms', max: '24h' },
    requestTimeout: { default: '0s', min: '0s', max: '24h' },
    bodyRateMin: { default: '1KiB', min: '1', max: '1GiB' },
    bodyRateGrace: { default: '5s', min: '1s', max: '10m' },
    keepAliveRequests: { default: 0, min: 0, max: 1_000_000_000 },
    connectionMaxAge: { default: '0s', min: '0s', max: '24h' },
    routeTimeout: { default: '0s', min: '0s', max: '24h' },
  },
  http2: {
    // nginx's http2_max_concurrent_streams.
    streams: { default: 128, min: 1, max: 1024 },
    streamWindow: { default: '64KiB', min: '16KiB', max: '16MiB' },
    window: { default: '1MiB', min: '64KiB', max: '64MiB' },
    pingAfter: { default: '30s', min: '0s', max: '1h' },
    pingTimeout: { default: '10s', min: '100ms', max: '10m' },
  },
  limit: {
    countMax: 64,
    perPlaceMax: 16,
    // The smallest step of a bucket's time is a microsecond.
    ratePerSecondMax: 1_000_000,
    quotaMax: 1_000_000,
    burst: { default: 0, min: 0, max: 1_000_000 },
    // nginx delays by default, which surprises those who set a burst.
    mode: 'nodelay',
    delayMaxMs: 60_000,
    tiersMax: 16,
    ipv4Prefix: { default: 32, min: 8, max: 32 },
    ipv6Prefix: { default: 64, min: 16, max: 128 },
    missing: 'pass',
    status: 429,
    keys: { default: 100_000, min: 1, max: 1_000_000 },
    // 64 to 128 MiB.
    keysTotalMax: 4_000_000,
    concurrency: { default: 100, min: 1, max: 1_000_000 },
    adaptiveLatency: { default: '500ms', min: '1ms', max: '1m' },
    adaptiveMin: { default: 10, min: 1, max: 100_000 },
  },
  cache: {
    countMax: 16,
    memory: { default: '64MiB', min: '1MiB', max: '256GiB' },
    disk: { default: '1GiB', min: '1MiB', max: '16384GiB' },
    objectMax: { default: '8MiB', min: '1KiB', max: '16GiB' },
    keyPartsMax: 16,
    conditionsMax: 16,
    valueMax: 256,
    ttl: { min: '0s', max: '8760h' },
    heuristic: { default: '0s', min: '0s', max: '720h' },
    stale: { default: '0s', min: '0s', max: '8760h' },
    // nginx's proxy_cache_lock_timeout.
    lock: { default: '5s', min: '0s', max: '1m' },
    minUses: { default: 1, min: 1, max: 255 },
  },
  tls: {
    minVersion: '1.2',
    // Mozilla's "intermediate" of 2024, without DHE, which costs much and serves nobody.
    ciphers:
      'ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:' +
      'ECDHE-RSA-AES256-GCM-SHA384:ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305',
    ciphersuites: 'TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256',
    certificatesMax: 1024,
    // nginx's client_header_timeout is 60 s for both; a handshake is two segments of the client's.
    handshakeTimeout: { default: '10s', min: '100ms', max: '10m' },
    // nginx's ssl_verify_depth is 1.
    clientDepth: { default: 1, min: 0, max: 10 },
    clientHeaderPrefix: 'X-SSL-Client',
    clientHeaders: ['verify', 'subject', 'fingerprint'],
  },
  tcp: {
    sessionIdle: { min: '100ms', max: '24h' },
    sessionMax: { min: '1s', max: '720h' },
    // nginx's preread_timeout is 30 s, which is long for one segment that the client has ready.
    helloTimeout: { default: '5s', min: '100ms', max: '1m' },
    protocolsMax: 16,
  },
  udp: {
    // Each has a descriptor of its own.
    sessions: { default: 10_000, min: 1, max: 1_000_000 },
    // A DNS answer takes less, and so do the keepalives of tunnels and of QUIC.
    idleTimeout: { default: '30s', min: '100ms', max: '24h' },
    responses: { min: 0, max: 1_000_000 },
  },
  acceptProxy: {
    networksMax: 256,
    // HAProxy leaves it to its client timeout; the peer has the header ready when it connects.
    timeout: { default: '3s', min: '100ms', max: '1m' },
  },
  accessLog: {
    templateMax: 4096,
    fieldsMax: 64,
    redactMax: 64,
    sample: { default: 1, min: 1, max: 1_000_000 },
    flush: { default: '200ms', min: '50ms', max: '1m' },
    buffer: { default: '1MiB', min: '64KiB', max: '256MiB' },
    facility: 'local7',
    severity: 'info',
    tag: 'tandem',
  },
  rewriting: {
    templateMax: 1024,
    namesMax: 64,
    bodyMax: 16_384,
    bodyFileMax: '1MiB',
    redirectStatus: 302,
    respondStatus: 200,
    retryAfter: { default: '2m', min: '0s', max: '24h' },
    networksMax: 256,
  },
  cors: {
    // What a form could send anyway.
    methods: ['GET', 'HEAD', 'POST'],
    valuesMax: 64,
    // Chromium remembers for two hours at most, Firefox for a day.
    maxAge: { default: '10m', min: '0s', max: '24h' },
  },
  basicAuth: { realm: 'restricted' },
  forwardAuth: {
    path: '/',
    requestHeaders: ['authorization', 'cookie'],
    timeout: { default: '5s', min: '10ms', max: '1m' },
  },
  requestId: { header: 'X-Request-ID', trustMax: 256 },
  admin: { bind: '127.0.0.1:9180', networksMax: 64 },
  log: {
    level: 'info',
    journalSize: { default: '64MiB', min: '64KiB', max: '4GiB' },
  },
  proxy: {
    workers: { min: 1, max: 256 },
    drainTimeout: { default: '30s', min: '0s', max: '90s' },
  },
} as const;
