/** What can go wrong. Each fault is begun, lasts, and is ended. */
import { addressRepairMicros, selfFaultHoldMicros } from '../limits.ts';
import type { Cluster } from './cluster.ts';
import type { Prng } from './prng.ts';
import type { SimHost } from './sim-host.ts';

/** A fault that has begun. */
export interface Fault {
  readonly text: string;
  /** How long it is felt after it began, or was ended. */
  readonly lingerMicros?: number;
  end(): void;
}

/** The longest wait between two attempts to put an address right. */
const REPAIR_MICROS = addressRepairMicros[addressRepairMicros.length - 1]!;

type Begin = (cluster: Cluster, host: SimHost, prng: Prng) => Fault | null;

const cutOneWay: Begin = (cluster, host, prng) => {
  const other = prng.pick(cluster.hosts.filter((candidate) => candidate !== host));
  cluster.lan.cut(host.station, other.station, true);
  return {
    text: `${cluster.name(host)} is not heard by ${cluster.name(other)}`,
    end: () => cluster.lan.cut(host.station, other.station, false),
  };
};

const isolate: Begin = (cluster, host) => {
  const cut = (on: boolean) => {
    for (const other of cluster.hosts) {
      if (other === host) continue;
      cluster.lan.cut(host.station, other.station, on);
      cluster.lan.cut(other.station, host.station, on);
    }
  };
  cut(true);
  return { text: `${cluster.name(host)} is cut off`, end: () => cut(false) };
};

/** One family's advertisements are lost, one way or both, while the other's pass. */
const cutOneFamily: Begin = (cluster, host, prng) => {
  if (!cluster.options.grouped) return null;
  const other = prng.pick(cluster.hosts.filter((candidate) => candidate !== host));
  const family = prng.pick<4 | 6>([4, 6]);
  const both = prng.chance(0.3);
  const cut = (on: boolean) => {
    cluster.lan.cut(host.station, other.station, on, [family]);
    if (both) cluster.lan.cut(other.station, host.station, on, [family]);
  };
  cut(true);
  const [name, otherName] = [cluster.name(host), cluster.name(other)];
  return {
    text: `IPv${family} of ${name} is not heard by ${otherName}${both ? ', nor the reverse' : ''}`,
    end: () => cut(false),
  };
};

/** One family has no address to send from: its router leaves the election, the other's stays. */
const loseFamily: Begin = (cluster, host, prng) => {
  if (!cluster.options.grouped || host.agent === null) return null;
  const family = prng.pick<4 | 6>([4, 6]);
  host.setSource(family, false);
  return {
    text: `${cluster.name(host)} has no IPv${family} address to send from`,
    end: () => host.setSource(family, true),
  };
};

const badNetwork: Begin = (cluster, _host, prng) => {
  const { delayMinMicros, delayMaxMicros, advertIntervalMs } = cluster.options;
  const loss = prng.pick([0.02, 0.1, 0.3, 0.6]);
  const late = prng.chance(0.3) ? advertIntervalMs * 1000 * prng.integer(1, 3) : delayMaxMicros;
  cluster.lan.quality = {
    loss,
    duplication: prng.pick([0, 0.1, 0.5]),
    delayMinMicros,
    delayMaxMicros: late,
  };
  return {
    text: `the network loses ${loss * 100} %, delays up to ${late} us`,
    end: () => {
      cluster.lan.quality = { loss: 0, duplication: 0, delayMinMicros, delayMaxMicros };
      cluster.losslessSince = cluster.clock.now;
    },
  };
};

const stall: Begin = (cluster, host, prng) => {
  if (host.agent === null || host.paused) return null;
  const { agent } = host;
  const frozen = prng.chance(0.3);
  host.pause(frozen);
  return {
    text: `${cluster.name(host)} ${frozen ? 'is frozen' : 'does not run'}`,
    end: () => {
      if (host.agent === agent) host.resume();
    },
  };
};

const killAgent: Begin = (cluster, host) => {
  if (host.agent === null) return null;
  cluster.kill(host);
  return {
    text: `${cluster.name(host)} agent is killed`,
    end: () => {
      if (host.agent === null) cluster.start(host);
    },
  };
};

const crashHost: Begin = (cluster, host) => {
  if (host.agent === null) return null;
  host.lose();
  return {
    text: `${cluster.name(host)} loses power`,
    end: () => {
      if (host.agent === null) cluster.start(host);
    },
  };
};

const stopAgent: Begin = (cluster, host) => {
  const { agent } = host;
  if (agent === null || host.paused) return null;
  void agent.stop().then(() => {
    if (host.agent !== agent) return;
    cluster.disturb();
    host.kill();
  });
  return {
    text: `${cluster.name(host)} agent is stopped`,
    end: () => {
      if (host.agent === agent) host.kill();
      if (host.agent === null) cluster.start(host);
    },
  };
};

const linkDown: Begin = (cluster, host, prng) => {
  const state = prng.chance(0.3) ? 'missing' : 'down';
  host.setLink(state);
  return {
    text: `${cluster.name(host)} interface is ${state}`,
    end: () => {
      if (!host.linkUp) host.setLink('up');
    },
  };
};

const balancerDies: Begin = (cluster, host) => {
  if (!cluster.options.trackProxy || host.agent === null || host.paused) return null;
  cluster.setProxy(host, false);
  return {
    text: `${cluster.name(host)} balancer is dead`,
    end: () => {
      if (!host.paused) cluster.setProxy(host, true);
    },
  };
};

const scriptFails: Begin = (cluster, host) => {
  if (cluster.options.scriptWeight === null) return null;
  host.script = () => false;
  return {
    text: `${cluster.name(host)} script fails`,
    end: () => {
      host.script = () => true;
    },
  };
};

const meddle: Begin = (cluster, host, prng) => {
  const addresses = host.config.virtualRouters.flatMap((router) => router.addresses);
  if (host.agent === null || !host.linkUp) return null;
  const { address } = prng.pick(addresses);
  const present = !host.addresses.has(address);
  host.meddle(address, present);
  host.meddledUntil = cluster.clock.now + REPAIR_MICROS;
  return {
    text: `somebody ${present ? 'adds' : 'removes'} ${address} on ${cluster.name(host)}`,
    lingerMicros: REPAIR_MICROS,
    end: () => {},
  };
};

const firewall: Begin = (cluster, host) => {
  host.refuseSends = true;
  return {
    text: `${cluster.name(host)} firewall refuses advertisements`,
    lingerMicros: selfFaultHoldMicros,
    end: () => {
      host.refuseSends = false;
      // Nobody heard it give way, so nobody knows that its announcements are void.
      cluster.losslessSince = cluster.clock.now;
    },
  };
};

const refusedAddresses: Begin = (cluster, host) => {
  host.refuseAddresses = true;
  return {
    text: `${cluster.name(host)} kernel refuses addresses`,
    lingerMicros: selfFaultHoldMicros + REPAIR_MICROS,
    end: () => {
      host.refuseAddresses = false;
    },
  };
};

const flush: Begin = (cluster, host) => {
  if (!cluster.options.leased || host.agent === null || host.paused) return null;
  host.lease.flush();
  return { text: `${cluster.name(host)} ruleset is flushed`, end: () => {} };
};

const filterBfd: Begin = (cluster) => {
  const { lan, options } = cluster;
  if (options.bfdIntervalMs === null || lan.dropsBfd) return null;
  lan.dropsBfd = true;
  return {
    text: 'BFD is filtered',
    end: () => {
      lan.dropsBfd = false;
    },
  };
};

const KINDS: readonly Begin[] = [
  cutOneWay,
  cutOneFamily,
  cutOneFamily,
  loseFamily,
  isolate,
  badNetwork,
  stall,
  stall,
  killAgent,
  crashHost,
  stopAgent,
  linkDown,
  balancerDies,
  scriptFails,
  meddle,
  firewall,
  refusedAddresses,
  flush,
  filterBfd,
];

/** Begins one fault; null when the one drawn makes no sense now. */
export function beginFault(cluster: Cluster, prng: Prng): Fault | null {
  const begin = prng.pick(KINDS);
  // Before it begins: what it sets off at once is no flap.
  cluster.disturb();
  const fault = begin(cluster, prng.pick(cluster.hosts), prng);
  if (fault === null) return null;
  cluster.note(`FAULT ${fault.text}`);
  cluster.disturb(fault.lingerMicros);
  return {
    text: fault.text,
    end: () => {
      cluster.note(`ended: ${fault.text}`);
      cluster.disturb(fault.lingerMicros);
      fault.end();
    },
  };
}
