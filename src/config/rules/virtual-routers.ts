/** What VRRP itself asks of a virtual router. */
import { familyOf } from '../addresses.ts';
import { type EffectiveConfig, type EffectiveRouter, milliseconds } from '../effective.ts';
import type { Finding } from '../problem.ts';
import { settings } from '../settings.ts';
import { formatDuration } from '../units.ts';
import { error, type Rule, warning } from './rule.ts';

const v3Max = settings.virtualRouter.advertIntervalV3Max;

/** Version 3 counts in centiseconds, version 2 in seconds, and IPv6 has no version 2. */
export const intervalsFit: Rule = ({ config }) => {
  return Object.entries(config.virtual_routers).flatMap(([name, router]) => {
    const path = ['virtual_routers', name, 'advert_interval'];
    const has = (family: 4 | 6) => router.addresses.some((one) => familyOf(one.address) === family);
    const ms = router.advert_interval;
    const found = `found ${formatDuration(ms)}`;
    const findings: Finding[] = [];
    if (router.version === 2 && !has(4)) {
      const message = 'found 2 for a router with IPv6 addresses only; allowed: 3';
      findings.push(error(['virtual_routers', name, 'version'], message));
    }
    if (router.version === 2 && has(4) && ms % 1000 !== 0) {
      findings.push(error(path, `${found}; allowed in version 2: whole seconds`));
    } else if (ms % 10 !== 0) {
      findings.push(error(path, `${found}; allowed: a multiple of 10ms`));
    }
    if ((router.version === 3 || has(6)) && ms > milliseconds(v3Max)) {
      findings.push(error(path, `${found}; allowed in version 3: up to ${v3Max}`));
    }
    return findings;
  });
};

/** On one interface a VRID of one family is one virtual router. */
export const vridsUnique: Rule = ({ config }) => {
  const first = new Map<string, string>();
  const findings: Finding[] = [];
  for (const [name, router] of Object.entries(config.virtual_routers)) {
    const clashes = new Set<string>();
    for (const key of wireKeys(config, router)) {
      const other = first.get(key);
      if (other === undefined) first.set(key, name);
      else if (other !== name) clashes.add(other);
    }
    for (const other of clashes) {
      const message =
        `found ${router.vrid}, which ${other} has on the same interface; allowed: a VRID ` +
        'of its own';
      findings.push(error(['virtual_routers', name, 'vrid'], message));
    }
  }
  return findings;
};

function wireKeys(config: EffectiveConfig, router: EffectiveRouter): Set<string> {
  const families = new Set(router.addresses.map(({ address }) => familyOf(address)));
  const keys = Object.keys(config.nodes).flatMap((node) =>
    [...families].map((family) =>
      JSON.stringify([node, router.interface[node], family, router.vrid]),
    ),
  );
  return new Set(keys);
}

/** Packets are refused by the rules of the lease, so there has to be one, and nobody to serve. */
export const acceptFits: Rule = ({ config }) => {
  return Object.entries(config.virtual_routers).flatMap(([name, router]) => {
    if (router.accept) return [];
    const path = ['virtual_routers', name, 'accept'];
    const owner = Object.keys(config.nodes).find((node) => router.priority[node] === 255);
    if (owner !== undefined) {
      return [error(path, `found false, and ${owner} owns the addresses; allowed: true`)];
    }
    if (Object.keys(config.nodes).length < 2) {
      return [error(path, 'found false in a file of one node, which has no lease; allowed: true')];
    }
    if (Object.keys(config.listeners).length === 0) return [];
    return [warning(path, 'nobody can connect to a listener on the addresses of this router')];
  });
};

/** What the RFC demands of hardware addresses, and what an owner's addresses cannot have. */
export const modesFit: Rule = ({ config }) => {
  return Object.entries(config.virtual_routers).flatMap(([name, router]) => {
    const owner = Object.keys(config.nodes).find((node) => router.priority[node] === 255);
    if (router.mode === 'vmac' && owner !== undefined) {
      const message =
        `found vmac, and the addresses are those of ${owner}'s own interface; allowed: plain, or ` +
        `a priority below 255 for ${owner}`;
      return [error(['virtual_routers', name, 'mode'], message)];
    }
    if (!router.strict_rfc || router.mode === 'vmac' || owner !== undefined) return [];
    const message =
      'without mode: vmac the addresses have the MAC of their host, and RFC 9568 section 7.3 ' +
      'demands a virtual one';
    return [warning(['virtual_routers', name, 'strict_rfc'], message, 'key')];
  });
};

/** A delay of what never happens. */
export const preemptDelaysMatter: Rule = ({ config }) => {
  return Object.entries(config.virtual_routers).flatMap(([name, router]) => {
    if (router.preempt_delay === 0) return [];
    const off = router.strict_rfc ? 'strict_rfc: true' : router.preempt ? null : 'preempt: false';
    if (off === null) return [];
    const message = `has no effect with ${off}`;
    return [warning(['virtual_routers', name, 'preempt_delay'], message, 'key')];
  });
};

/** Equal priorities work, but who holds the addresses is then an accident. */
export const prioritiesDiffer: Rule = ({ config }) => {
  return Object.entries(config.virtual_routers).flatMap(([name, router]) => {
    const [one, two] = Object.keys(config.nodes);
    if (one === undefined || two === undefined) return [];
    const priority = router.priority[one];
    if (priority === undefined || priority !== router.priority[two]) return [];
    const message =
      `${one} and ${two} both have priority ${priority}, so their interface addresses ` +
      'decide who is Active; usual: 200 and 100';
    return [warning(['virtual_routers', name, 'priority'], message, 'key')];
  });
};
