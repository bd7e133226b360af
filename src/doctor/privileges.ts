/** Whether each half may do what the config asks of it. */
import { asList } from '../config/index.ts';
import type { CapabilityName } from '../os/capabilities.ts';
import { bad, type Finding, ok, unknown, warn } from './finding.ts';
import { sysctl } from './host-files.ts';
import { rightsText } from './rights.ts';
import type { Family, Rights, Subject } from './subject.ts';

/** The kernel's own choice. */
const UNPRIVILEGED_FROM = 1_024;
/** What the agent cannot do without, and what only makes it late. */
const AGENT_NEEDS: readonly CapabilityName[] = ['CAP_NET_ADMIN', 'CAP_NET_RAW'];
const AGENT_WANTS: CapabilityName = 'CAP_SYS_NICE';

type Here = Pick<Subject, 'config' | 'agent' | 'balancer'>;

/** Pure. `unprivilegedFrom`: net.ipv4.ip_unprivileged_port_start. */
export function judgePrivileges(subject: Here, unprivilegedFrom: number | null): Finding[] {
  const { config, agent, balancer } = subject;
  const found: Finding[] = [];
  if (Object.keys(config?.virtual_routers ?? {}).length > 0) {
    found.push(judgeAgent(agent.rights), ...judgeRealTime(agent));
  }
  if (Object.keys(config?.listeners ?? {}).length > 0) {
    found.push(judgePorts(subject, balancer.rights, unprivilegedFrom ?? UNPRIVILEGED_FROM));
  }
  return found;
}

function judgeAgent(rights: Rights | null): Finding {
  const what = 'capabilities of the agent';
  const remedy = 'start it by its unit (systemctl start tandem-keepalive), or as root';
  if (rights === null) return unknown(what, 'they cannot be read', remedy);
  const who = rightsText(rights.from, 'agent');
  const missing = AGENT_NEEDS.filter((name) => !rights.capabilities.has(name));
  if (missing.length > 0) {
    const reason = `${missing.join(' and ')} missing ${who}: it can hold no address`;
    return bad(what, reason, remedy);
  }
  if (!rights.capabilities.has(AGENT_WANTS)) {
    const reason = `${AGENT_WANTS} missing ${who}: no real-time priority`;
    return warn(what, reason, remedy);
  }
  return ok(what, `all there ${who}`);
}

/** What came of asking for it says more than any right. */
function judgeRealTime({ report }: Subject['agent']): Finding[] {
  const timing = report?.timing;
  if (timing?.realTime === undefined) return [];
  const what = 'real-time priority';
  if (timing.realTime) return [ok(what, 'the agent that runs has it')];
  const reason = `the agent that runs has none (${timing.realTimeRefusal ?? 'no reason given'})`;
  const remedy = 'adverts of 100 ms are fine without; for 10 ms and fast BFD see docs/VRRP.md';
  return [warn(what, reason, remedy)];
}

function judgePorts({ config }: Here, rights: Rights | null, from: number): Finding {
  const what = 'ports below net.ipv4.ip_unprivileged_port_start';
  const ports = Object.values(config?.listeners ?? {}).flatMap(({ bind }) =>
    asList(bind).map(({ port }) => port),
  );
  const low = [...new Set(ports)].filter((port) => port < from);
  if (low.length === 0) return ok(what, `none; it is ${from}`);
  const some = low.slice(0, 4).join(', ');
  const remedy = `start it by its unit, or: sudo sysctl -w net.ipv4.ip_unprivileged_port_start=${Math.min(...low)}`;
  if (rights === null) return unknown(what, `${some}; its rights cannot be read`, remedy);
  const who = rightsText(rights.from, 'balancer');
  if (rights.capabilities.has('CAP_NET_BIND_SERVICE')) {
    return ok(what, `${some}; CAP_NET_BIND_SERVICE is there ${who}`);
  }
  return bad(what, `${some}; CAP_NET_BIND_SERVICE is missing ${who}`, remedy);
}

/** See the file's comment. */
export const privileges: Family = {
  name: 'privileges',
  async examine(subject) {
    return judgePrivileges(subject, sysctl('net.ipv4.ip_unprivileged_port_start'));
  },
};
