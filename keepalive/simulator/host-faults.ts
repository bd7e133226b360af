/** What goes wrong with a process or a machine. */
import type { Begin } from './fault.ts';

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
  cluster.clock.settled();
  return {
    text: `${cluster.name(host)} agent is stopped`,
    end: () => {
      if (host.agent === agent) host.kill();
      if (host.agent === null) cluster.start(host);
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

/** The more often it stands here, the more often it is drawn. */
export const hostFaults: readonly Begin[] = [
  stall,
  stall,
  killAgent,
  crashHost,
  stopAgent,
  balancerDies,
  scriptFails,
];
