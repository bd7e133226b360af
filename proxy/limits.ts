/** Bounds of the data path that no configuration changes. */

/** Heads of responses: bytes and fields; more is a 502. */
export const RESPONSE_HEAD_BYTES_MAX = 64 * 1024;
export const RESPONSE_HEADER_COUNT_MAX = 256;

/** Interim (1xx) responses to one request; more is a 502. */
export const INTERIM_RESPONSES_MAX = 64;

/** Chunk extensions of one body, and trailer lines of one body, in bytes. Both are dropped. */
export const CHUNK_EXTENSION_BYTES_MAX = 4096;
export const TRAILER_BYTES_MAX = 8192;

/**
 * Members of a list in a field that we read (Connection, TE, Upgrade, Transfer-Encoding) that are
 * looked at. A Connection with more is refused: it could hide `close`, and each of its names is
 * compared with each field.
 */
export const LIST_MEMBERS_MAX = 64;

/** Hops of a forwarded chain that are looked at for the client, from the right. */
export const FORWARDED_HOPS_MAX = 32;

/**
 * A request whose Via has our name so often is going round in a circle. Not once: tiers of balancers,
 * or two listeners of one, may share a name.
 */
export const VIA_PASSES_MAX = 4;
/** Hops of Via that are looked at for it, from the right, where every hop adds itself. */
export const VIA_HOPS_MAX = 64;

/** Memory each origin connection keeps for the request it sends; larger ones get more, once. */
export const REQUEST_BUFFER_BYTES = 2048;

/** Content of a body from this size on is not copied to go out in one piece with what frames it. */
export const LONG_CONTENT_BYTES_MIN = 16 * 1024;

/** Servers tried for one request when connecting fails. */
export const CONNECT_TRIES_MAX = 3;

/**
 * Reads, of at most 64 KiB, from a TCP client before a server has accepted. Only who reads notices
 * that the client has gone away meanwhile.
 */
export const EARLY_READS_MAX = 4;

/**
 * A TCP client that has sent its end and nothing else has most likely closed: its connection to a
 * server gets so much longer, for the few that only half-close.
 */
export const ENDED_CLIENT_CONNECT_MS = 250;

/** A connection being closed waits so long, and takes so much, for the client to hear the answer. */
export const LINGER_TIMEOUT_MS = 2000;
export const LINGER_BYTES_MAX = 1024 * 1024;

/** A stopping balancer gives idle kept-alive connections so long to deliver what is on the wire. */
export const IDLE_GRACE_MS = 1000;

/** Silence after which the kernel probes a client that has closed its sending side. */
export const HALF_CLOSED_PROBE_MS = 10_000;

/**
 * How long a worker rehearses before it serves, in time of a processor, for it has to share one with
 * whatever else starts with its host; by the clock; with how many connections, so many at once.
 */
export const WARM_UP_WORK_MS = 1000;
export const WARM_UP_MAX_MS = 5000;
export const WARM_UP_SCENES_MAX = 2000;
export const WARM_UP_CONCURRENCY = 16;

/**
 * How often a worker whose requests wait for a full server looks whether another worker has freed a
 * place.
 */
export const QUEUE_POLL_MS = 2;

/** How often a draining worker looks whether it is through. */
export const DRAIN_POLL_MS = 20;

/** A worker that should have ended by itself gets so much longer before it is ended. */
export const WORKER_EXIT_GRACE_MS = 1000;

/** Pause before a dead worker is replaced: doubled with every death, back to the first after a while. */
export const WORKER_RESTART_DELAY_MIN_MS = 50;
export const WORKER_RESTART_DELAY_MAX_MS = 10_000;
export const WORKER_STABLE_MS = 60_000;

/**
 * Without any running worker for so long the balancer counts as dead, and as alive again when one has
 * run for so long without a break: in a crash loop there is always one that runs for a moment.
 */
export const SERVING_LOST_MS = 1000;
export const SERVING_AGAIN_MS = 5000;

/** How often slots of servers that are gone are looked at, until nothing is in flight there. */
export const RECLAIM_INTERVAL_MS = 1000;

/** A change of servers for which there is no room is tried again after so long. */
export const SERVERS_RETRY_MS = 2000;

/** Desks of a listener and worker that are kept for requests to come. */
export const DESKS_FREE_MAX = 256;

/** Of so many hosts that connect to a listener a worker remembers what requests say about them. */
export const STRANGERS_REMEMBERED_MAX = 1024;

/** Young generation of a worker's heap: what a request allocates should die there. */
export const WORKER_YOUNG_GENERATION_MB = 32;

/** A kind of failure at one server is logged at most so often; so many kinds are told apart. */
export const FAILURE_LOG_INTERVAL_MS = 10_000;
export const FAILURE_KINDS_MAX = 1024;

/**
 * A reload is refused when a worker has not built the new configuration in so long; and told of when one
 * does not follow in so long: it goes on with the one before.
 */
export const RELOAD_PREPARE_MAX_MS = 15_000;
export const RELOAD_APPLY_MAX_MS = 15_000;

/**
 * Former configurations in which something goes on, WebSockets for days, all workers together. A reload
 * beyond that is refused: each has tables of its own in every worker.
 */
export const FORMER_GENERATIONS_MAX = 128;

/** Places that access logs go to, those of former configurations that are still written to included. */
export const LOG_DESTINATIONS_MAX = 256;

/** Idle clients that go on under another config in one turn of a worker's event loop. */
export const FOLLOWERS_PER_TURN_MAX = 256;
/** So often a worker looks whether anything is left of a former config. */
export const FORMER_LOOK_MS = 250;
