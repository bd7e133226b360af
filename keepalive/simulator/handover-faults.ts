/** What operators order about addresses that move by agreement, and what breaks in the middle of it. */
import { handoverExpectMicros, handoverMicros } from '../limits.ts';
import type { Cluster } from './cluster.ts';
import type { Begin } from './fault.ts';
import type { Prng } from './prng.ts';
import type { SimHost } from './sim-host.ts';

/** The steps of a handover are over in a time like this, when nothing is in their way. */
const STEPS_MICROS = 4_000;

/** Somebody tells a host's agent to hand everything over; one that does not run is not asked. */
function order(cluster: Cluster, host: SimHost): boolean {
  const { agent } = host;
  if (agent === null || host.paused) return false;
  cluster.note(`${cluster.name(host)}: ordered to hand over`);
  cluster.disturb(handoverMicros + handoverExpectMicros);
  cluster.orderedAt = cluster.clock.now;
  void agent.handover(null);
  cluster.clock.settled();
  return true;
}

function holderOf({ hosts }: Cluster): SimHost | undefined {
  return hosts.find((host) => host.answers);
}

function otherOf({ hosts }: Cluster, host: SimHost): SimHost {
  return hosts.find((other) => other !== host)!;
}

/** Mostly within the steps of a handover, else while it drains. */
function soon(prng: Prng): number {
  return prng.chance(0.7) ? prng.integer(0, STEPS_MICROS) : prng.integer(0, 5_000_000);
}

const handOver: Begin = (cluster, host) => {
  if (!order(cluster, holderOf(cluster) ?? host)) return null;
  return { text: 'an operator orders a handover', end: () => {} };
};

const bothAtOnce: Begin = (cluster, _host, prng) => {
  const orders = cluster.hosts.map((host) => order(cluster, host));
  if (!orders.includes(true)) return null;
  const again = soon(prng);
  cluster.clock.after(again, () => {
    for (const host of cluster.hosts) order(cluster, host);
  });
  return { text: `handovers are ordered on every host, and after ${again} us`, end: () => {} };
};

/** To the other host and back while the first one still drains, several times perhaps. */
const backAndForth: Begin = (cluster, _host, prng) => {
  const turns = prng.integer(2, 4);
  let wait = 0;
  for (let turn = 0; turn < turns; turn++) {
    cluster.clock.after(wait, () => {
      const holder = holderOf(cluster);
      if (holder !== undefined) order(cluster, holder);
    });
    wait += soon(prng);
  }
  return { text: `${turns} handovers, one after the other`, end: () => {} };
};

const hold: Begin = (cluster, host) => {
  const { agent } = host;
  if (agent === null || host.paused) return null;
  cluster.hold(host, true);
  return {
    text: `an operator holds ${cluster.name(host)}`,
    end: () => {
      if (host.agent === agent) cluster.hold(host, false);
    },
  };
};

/** Also takes back what was given away on an operator's word. */
const release: Begin = (cluster, host) => {
  if (host.agent === null || host.paused) return null;
  cluster.hold(host, false);
  return { text: `an operator releases ${cluster.name(host)}`, end: () => {} };
};

const refuseChances: Begin = (cluster, host) => {
  host.handover.refused = true;
  return {
    text: `${cluster.name(host)} kernel refuses to pass packets on`,
    end: () => {
      host.handover.refused = false;
    },
  };
};

type Break = (cluster: Cluster, host: SimHost, prng: Prng) => { text: string; end: () => void };

const startAgain = (cluster: Cluster, host: SimHost) => () => {
  if (host.agent === null) cluster.start(host);
};

const breaks: readonly Break[] = [
  (cluster, host) => {
    host.lose();
    return { text: 'loses power', end: startAgain(cluster, host) };
  },
  (cluster, host) => {
    if (host.agent !== null) cluster.kill(host);
    return { text: 'loses its agent', end: startAgain(cluster, host) };
  },
  (_cluster, host, prng) => {
    const { agent } = host;
    if (agent !== null && !host.paused) host.pause(prng.chance(0.3));
    return {
      text: 'does not run',
      end: () => {
        if (host.agent === agent && host.paused) host.resume();
      },
    };
  },
  ({ sideLink }) => {
    if (sideLink !== null) sideLink.cut = true;
    return {
      text: 'has no side link',
      end: () => {
        if (sideLink !== null) sideLink.cut = false;
      },
    };
  },
];

/** One of the two hosts, or the link between them, fails at some step of a handover. */
const breakOff: Begin = (cluster, _host, prng) => {
  const giver = holderOf(cluster);
  if (giver === undefined || !order(cluster, giver)) return null;
  const victim = prng.chance(0.5) ? giver : otherOf(cluster, giver);
  const [wait, fail] = [soon(prng), prng.pick(breaks)];
  let mend = () => {};
  let over = false;
  cluster.clock.after(wait, () => {
    if (over) return;
    const { text, end } = fail(cluster, victim, prng);
    cluster.note(`${cluster.name(victim)} ${text}`);
    cluster.disturb();
    mend = end;
  });
  const side = victim === giver ? 'giver' : 'receiver';
  return {
    text: `a handover is ordered, and after ${wait} us its ${side} fails`,
    end: () => {
      over = true;
      mend();
    },
  };
};

/** What was given away drains on a host that is then started anew. */
const restartDrained: Begin = (cluster) => {
  const drains = ({ agent, paused }: SimHost) =>
    !paused && agent?.status().routers.some(({ drain }) => drain !== null) === true;
  const host = cluster.hosts.find(drains);
  if (host === undefined) return null;
  cluster.kill(host);
  return { text: `${cluster.name(host)} is killed as it drains`, end: startAgain(cluster, host) };
};

/** The more often it stands here, the more often it is drawn. */
export const handoverFaults: readonly Begin[] = [
  handOver,
  handOver,
  handOver,
  bothAtOnce,
  backAndForth,
  backAndForth,
  breakOff,
  breakOff,
  breakOff,
  breakOff,
  breakOff,
  hold,
  hold,
  release,
  release,
  refuseChances,
  restartDrained,
];
