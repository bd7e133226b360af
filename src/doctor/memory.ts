/** Memory of the host or container, what caches may take of it, and what the agent may lock. */
import type { EffectiveConfig } from '../config/index.ts';
import { bad, type Finding, ok, unknown, warn } from './finding.ts';
import { bytesText, textOf } from './host-files.ts';
import { rightsText } from './rights.ts';
import type { Family, Subject } from './subject.ts';

const AVAILABLE_MIN_SHARE = 0.03;
const AVAILABLE_LOW_SHARE = 0.1;
/** Of all memory, what caches may be given and still leave room for connections. */
const CACHES_SHARE = 0.5;
/** Program text of Node and what it loads: about 120 MB. */
const LOCKABLE_BYTES = 160 * 1024 * 1024;

const CGROUP = '/sys/fs/cgroup';

/** What there is, bytes. */
export interface Memory {
  readonly totalBytes: number;
  readonly availableBytes: number;
}

/** Out of /proc/meminfo, and of a control group's bound where that is less. Pure. */
export function memoryOf(
  meminfo: string,
  group: { readonly max: string | null; readonly current: string | null },
): Memory | null {
  const field = (name: string) => {
    const found = new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(meminfo)?.[1];
    return found === undefined ? null : Number(found) * 1024;
  };
  const totalBytes = field('MemTotal');
  const availableBytes = field('MemAvailable');
  if (totalBytes === null || availableBytes === null) return null;
  const max = Number(group.max?.trim());
  // 'max' is no number: no bound.
  if (!Number.isFinite(max) || max <= 0 || max >= totalBytes) return { totalBytes, availableBytes };
  const left = Math.max(0, max - Number(group.current?.trim() ?? 0));
  return { totalBytes: max, availableBytes: Math.min(left, availableBytes) };
}

/** Pure. */
export function judgeMemory(memory: Memory | null, config: EffectiveConfig | null): Finding[] {
  const what = 'memory';
  if (memory === null) {
    return [unknown(what, '/proc/meminfo cannot be read', 'mount /proc')];
  }
  const { totalBytes, availableBytes } = memory;
  const found = `${bytesText(availableBytes)} of ${bytesText(totalBytes)} available`;
  const share = availableBytes / totalBytes;
  const who = 'see who has it: ps -eo rss,pid,comm --sort=-rss | head';
  const state =
    share < AVAILABLE_MIN_SHARE
      ? bad(what, `${found}: the kernel is about to kill processes`, who)
      : share < AVAILABLE_LOW_SHARE
        ? warn(what, found, who)
        : ok(what, found);
  return [state, ...judgeCaches(memory, config)];
}

function judgeCaches({ totalBytes }: Memory, config: EffectiveConfig | null): Finding[] {
  const caches = Object.values(config?.caches ?? {});
  if (caches.length === 0) return [];
  const wanted = caches.reduce((sum, { memory }) => sum + memory, 0);
  const reason = `they take ${bytesText(wanted)} of ${bytesText(totalBytes)}`;
  const remedy = 'make caches.NAME.memory smaller: connections and bodies need room, too';
  const what = 'memory of caches';
  if (wanted > totalBytes) return [bad(what, reason, remedy)];
  return [wanted > totalBytes * CACHES_SHARE ? warn(what, reason, remedy) : ok(what, reason)];
}

/** What the agent may keep in memory, so that it is on time when the host is short of it. Pure. */
export function judgeLock({ agent }: Pick<Subject, 'agent'>): Finding {
  const what = 'locked memory (RLIMIT_MEMLOCK)';
  const remedy = 'LimitMEMLOCK=512M in the unit, `ulimit -l` by hand, --ulimit memlock in Docker';
  const refused = agent.report?.timing?.lockRefusal;
  if (refused != null) {
    return warn(what, `not all of the agent's program could be locked: ${refused}`, remedy);
  }
  if (agent.rights === null) return unknown(what, 'the limit cannot be read', remedy);
  const { lockedBytes, from } = agent.rights;
  const limit = Number.isFinite(lockedBytes) ? bytesText(lockedBytes) : 'no limit';
  const found = `${limit} ${rightsText(from, 'agent')}`;
  // Root locks what it likes.
  if (lockedBytes >= LOCKABLE_BYTES || agent.rights.capabilities.has('CAP_IPC_LOCK')) {
    return ok(what, found);
  }
  const follows = 'the agent cannot lock its program, and may be late when memory is short';
  return warn(what, `${found}: ${follows}`, remedy);
}

/** See the file's comment. */
export const memory: Family = {
  name: 'memory',
  async examine(subject) {
    const group = {
      max: textOf(`${CGROUP}/memory.max`),
      current: textOf(`${CGROUP}/memory.current`),
    };
    const found = judgeMemory(memoryOf(textOf('/proc/meminfo') ?? '', group), subject.config);
    const routers = Object.keys(subject.config?.virtual_routers ?? {}).length;
    return routers === 0 ? found : [...found, judgeLock(subject)];
  },
};
