/** What goes wrong between the hosts. */
import type { Begin } from './fault.ts';

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

const filterBfd: Begin = (cluster) => {
  const { lan, options } = cluster;
  if (options.bfdIntervalMs === null || lan.filtered.has('bfd')) return null;
  lan.filtered.add('bfd');
  return {
    text: 'BFD is filtered',
    end: () => {
      lan.filtered.delete('bfd');
    },
  };
};

const cutSideLink: Begin = ({ sideLink }) => {
  if (sideLink === null || sideLink.cut) return null;
  sideLink.cut = true;
  return {
    text: 'the side link is cut',
    end: () => {
      sideLink.cut = false;
    },
  };
};

const badSideLink: Begin = ({ sideLink, options }, _host, prng) => {
  if (sideLink === null) return null;
  const slowMicros = prng.integer(0, 4 * options.advertIntervalMs * 1000);
  sideLink.loss = prng.pick([0, 0.1, 0.5]);
  sideLink.slowMicros = slowMicros;
  return {
    text: `the side link loses ${sideLink.loss * 100} %, delays by ${slowMicros} us`,
    end: () => {
      sideLink.loss = 0;
      sideLink.slowMicros = 0;
    },
  };
};

const noWitness: Begin = (cluster, host) => {
  const { sideLink } = cluster;
  if (sideLink === null) return null;
  sideLink.unwitnessed.add(host.station);
  return {
    text: `the witness does not answer ${cluster.name(host)}`,
    end: () => {
      sideLink.unwitnessed.delete(host.station);
    },
  };
};

/** The LAN between the hosts, and nothing else: what the veto is for. */
const part: Begin = ({ lan, hosts, sideLink }) => {
  const [a, b] = hosts;
  if (sideLink === null || a === undefined || b === undefined) return null;
  const cut = (on: boolean) => {
    lan.cut(a.station, b.station, on);
    lan.cut(b.station, a.station, on);
  };
  cut(true);
  return { text: 'the LAN between the hosts is cut', end: () => cut(false) };
};

/** The more often it stands here, the more often it is drawn. */
export const networkFaults: readonly Begin[] = [
  cutOneWay,
  cutOneFamily,
  cutOneFamily,
  isolate,
  badNetwork,
  filterBfd,
];

/** What the LAN does not feel. */
export const mildSideLinkFaults: readonly Begin[] = [cutSideLink, badSideLink];

/** The same where the hosts have a side link. */
export const sideLinkFaults: readonly Begin[] = [part, ...mildSideLinkFaults, noWitness];
