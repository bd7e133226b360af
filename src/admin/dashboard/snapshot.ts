/**
 * What the dashboard's page is told, as JSON. Sentences and durations are made here, in the words of
 * `tandem status`, so that the page shows text and decides nothing. Imports nothing: the page is compiled
 * for browsers, this host for Node, and both read this.
 */

/** How something is. `idle`: as somebody wants it, and doing nothing. */
export type Tone = 'good' | 'warning' | 'bad' | 'idle';

/** One part of the host that is not as it should be. */
export interface Problem {
  readonly part: string;
  readonly tone: Tone;
  readonly detail: string;
}

/** The first event of a connection, and again after one that was missed. */
export interface Hello {
  /** What this reader may do: `none`, nobody may here. */
  readonly orders: 'allowed' | 'token' | 'none';
  /** Oldest first, at most `historyPointsMax`. */
  readonly history: readonly TrafficPoint[];
}

/** What came in during one step of the history. */
export interface TrafficPoint {
  /** End of the step, ms since 1970. */
  readonly at: number;
  /** A second. */
  readonly requests: number;
  /** A second. */
  readonly errors4xx: number;
  /** A second. */
  readonly errors5xx: number;
  /** A second. */
  readonly accepted: number;
  /** Connections at its end. */
  readonly open: number;
  /** Half of the requests took no longer, ms; null: none ended. */
  readonly p50Ms: number | null;
  readonly p99Ms: number | null;
}

/** Everything but the history, about once a second. */
export interface Snapshot {
  /** ms since 1970, by this host's clock. */
  readonly at: number;
  readonly host: string;
  readonly version: string;
  readonly tone: Tone;
  readonly problems: readonly Problem[];
  /** Null: the balancer is starting. */
  readonly balancer: BalancerPart | null;
  /** Null: the config has none; `silent`: it does not answer. */
  readonly agent: AgentPart | 'silent' | null;
  /** The newest point of the history; null: there is none yet. */
  readonly point: TrafficPoint | null;
}

/** The balancer. */
export interface BalancerPart {
  /** Such as `ready, 2 of 2 workers, up 3m`. */
  readonly summary: string;
  /** Client connections. */
  readonly open: number;
  readonly listeners: readonly ListenerRow[];
  readonly upstreams: readonly UpstreamPart[];
  /** Orders for servers that there are not now. */
  readonly absent: readonly AbsentRow[];
}

/** A listener. Rates are a second, null at first. */
export interface ListenerRow {
  readonly name: string;
  readonly protocol: string;
  readonly binds: string;
  readonly open: number;
  readonly accepted: number | null;
  readonly requests: number | null;
  readonly errors5xx: number | null;
}

/** An upstream and its servers. */
export interface UpstreamPart {
  readonly name: string;
  readonly policy: string;
  /** Such as `2 of 3 up`. */
  readonly summary: string;
  readonly tone: Tone;
  readonly servers: readonly ServerRow[];
}

/** A server. */
export interface ServerRow {
  readonly upstream: string;
  readonly server: string;
  /** One word. */
  readonly state: string;
  readonly tone: Tone;
  /** How long health checks have said so. */
  readonly since: string;
  readonly weight: number;
  readonly inFlight: number;
  /** A second; null at first. */
  readonly requests: number | null;
  /** A second; null at first. */
  readonly failed: number | null;
  readonly remarks: readonly string[];
  readonly draining: boolean;
  /** Others of its upstream that take new work. */
  readonly others: number;
}

/** Orders wait for it. */
export interface AbsentRow {
  readonly upstream: string;
  readonly server: string;
  readonly orders: string;
}

/** The agent. */
export interface AgentPart {
  readonly node: string;
  readonly summary: string;
  /** This node holds the addresses where they are, on an operator's word. */
  readonly held: boolean;
  /** About holds, a sentence each. */
  readonly holds: readonly string[];
  /** Null: the config has no `pair`. */
  readonly peer: PeerPart | null;
  readonly routers: readonly RouterPart[];
}

/** The other host. */
export interface PeerPart {
  readonly name: string;
  readonly connected: boolean;
  readonly paths: readonly {
    readonly name: string;
    readonly tone: Tone;
    /** Such as `connected for 3m, 0.31ms` or why it is not. */
    readonly text: string;
  }[];
  /** What differs there, a sentence each. */
  readonly remarks: readonly string[];
}

/** What one host is for a virtual router. */
export interface HostRole {
  readonly host: string;
  readonly self: boolean;
  /** `Active`, `Backup`, `Draining`, `Initialize`, `not heard`. */
  readonly state: string;
  readonly tone: Tone;
  /** How long; null: not known. */
  readonly since: string | null;
  /** Effective priority; null: not known. */
  readonly priority: number | null;
  readonly configured: number | null;
  /** What makes the priority what it is. */
  readonly shares: readonly {
    readonly name: string;
    readonly reason: string;
    /** `-50`, `fault`, `no change`; null: not known by itself. */
    readonly share: string | null;
    readonly tone: Tone;
  }[];
}

/** A virtual router. */
export interface RouterPart {
  readonly name: string;
  readonly addresses: readonly string[];
  /** Such as `VRID 51 on eth0`. */
  readonly where: string;
  readonly roles: readonly HostRole[];
  readonly remarks: readonly string[];
  /** This host holds the addresses. */
  readonly active: boolean;
  /** Given up on an operator's word, and not taken back from a sound peer. */
  readonly yielded: boolean;
  /** Who takes over; null: there is nobody. */
  readonly successor: string | null;
  /** What a planned switch would break, a sentence each. */
  readonly limits: readonly string[];
  /** Oldest first. */
  readonly transitions: readonly TransitionRow[];
  /** Since then this host knows who had the addresses, ms since 1970. */
  readonly knownFrom: number;
}

/** A change of state. */
export interface TransitionRow {
  /** Tells one from another, as long as the agent runs. */
  readonly key: string;
  /** ms since 1970. */
  readonly at: number;
  readonly ago: string;
  readonly from: string;
  readonly to: string;
  readonly why: string;
}
