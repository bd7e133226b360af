/** Whether the balancer may have as many descriptors as the config lets clients connect. */
import { asList, type EffectiveConfig } from '../config/index.ts';
import { bad, type Finding, ok, unknown, warn } from './finding.ts';
import { countText, textOf } from './host-files.ts';
import { rightsText } from './rights.ts';
import type { Family, Subject } from './subject.ts';

/** Of HTTP and TCP: one to the client, one to its server; of UDP only the second. */
const PER_CONNECTION = 2;
/** Workers that are reckoned with where the config does not say. */
const WORKERS = 64;
/** Logs, rings, checks, control connections. */
const OTHERS = 256;
/** With less than this share of what is wanted, a busy hour is certain to meet it. */
const BAD_SHARE = 0.1;
/** Of all descriptors of the host that are in use. */
const HOST_LOW_SHARE = 0.8;

/** Descriptors of a balancer that has every client it allows. Pure. */
export function descriptorsWanted({ listeners, proxy }: EffectiveConfig): number {
  const workers = proxy.workers === 'auto' ? WORKERS : proxy.workers;
  const each = Object.values(listeners).map((listener) => {
    const sockets = asList(listener.bind).length * (workers + 1);
    const { limits } = listener;
    return sockets + ('sessions' in limits ? limits.sessions : PER_CONNECTION * limits.connections);
  });
  return OTHERS + each.reduce((sum, one) => sum + one, 0);
}

/** Clients that the listeners allow together. Pure. */
export function clientsOf({ listeners }: EffectiveConfig): number {
  return Object.values(listeners).reduce((sum, { limits }) => {
    return sum + ('sessions' in limits ? limits.sessions : limits.connections);
  }, 0);
}

/** Pure. */
export function judgeDescriptors(
  config: EffectiveConfig,
  { rights }: Subject['balancer'],
): Finding {
  const what = 'descriptors (RLIMIT_NOFILE)';
  const remedy = 'LimitNOFILE=1048576 in the unit, `ulimit -Hn` by hand, --ulimit nofile in Docker';
  if (rights === null) return unknown(what, 'the limit cannot be read', remedy);
  const { openFiles, from } = rights;
  const wanted = descriptorsWanted(config);
  const limit = Number.isFinite(openFiles) ? countText(openFiles) : 'no limit';
  const found = `${limit} ${rightsText(from, 'balancer')}`;
  const clients = countText(clientsOf(config));
  const needs = `the ${clients} clients that the listeners allow take ${countText(wanted)}`;
  if (openFiles >= wanted) return ok(what, `${found}; ${needs}`);
  const enough = countText(Math.max(0, Math.floor((openFiles - OTHERS) / PER_CONNECTION)));
  const reason = `${found}, enough for some ${enough} clients; ${needs}`;
  return openFiles < wanted * BAD_SHARE ? bad(what, reason, remedy) : warn(what, reason, remedy);
}

/** `fileNr`: /proc/sys/fs/file-nr: allocated, 0, greatest number. Pure. */
export function judgeHostDescriptors(fileNr: string | null): Finding {
  const what = 'descriptors of the host (fs.file-max)';
  const [used = Number.NaN, , most = Number.NaN] = (fileNr ?? '').trim().split(/\s+/).map(Number);
  if (!Number.isFinite(used) || !Number.isFinite(most)) {
    return unknown(what, '/proc/sys/fs/file-nr cannot be read', 'mount /proc');
  }
  // Kernels since 5.x have 2^63: no bound.
  if (most > Number.MAX_SAFE_INTEGER) return ok(what, `${countText(used)} in use, no bound`);
  const found = `${countText(used)} of ${countText(most)} in use`;
  const remedy = 'sudo sysctl -w fs.file-max=2097152, and a file in /etc/sysctl.d';
  return used > most * HOST_LOW_SHARE ? warn(what, found, remedy) : ok(what, found);
}

/** See the file's comment. */
export const descriptors: Family = {
  name: 'descriptors',
  async examine(subject) {
    const host = judgeHostDescriptors(textOf('/proc/sys/fs/file-nr'));
    const { config } = subject;
    if (config === null || Object.keys(config.listeners).length === 0) return [host];
    return [judgeDescriptors(config, subject.balancer), host];
  },
};
