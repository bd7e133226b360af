/** Other programs on this host that speak for addresses: keepalived and its like. */
import { readdirSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { bad, type Finding, ok, warn } from './finding.ts';
import { textOf } from './host-files.ts';
import { type RunningProcess, runningProcesses } from './processes.ts';
import { type Family, routersHere, type Subject } from './subject.ts';

/** The kernel's names of programs that share addresses between hosts. */
const RIVALS: ReadonlySet<string> = new Set(['keepalived', 'vrrpd', 'ucarp', 'uvrrpd', 'corosync']);
const KEEPALIVED_CONFIG = '/etc/keepalived/keepalived.conf';
/** Files of one config, included ones too. */
const FILES_MAX = 64;

/** A virtual router in keepalived's config. */
export interface KeepalivedRouter {
  readonly name: string;
  readonly interface: string | null;
  readonly vrid: number | null;
}

/** The `vrrp_instance` blocks of keepalived's config. Pure. */
export function keepalivedRouters(text: string): readonly KeepalivedRouter[] {
  const plain = text.replace(/[!#].*$/gm, '');
  const starts = [...plain.matchAll(/\bvrrp_instance\s+"?([^\s{"]+)"?\s*\{/g)];
  return starts.map((start, at) => {
    const body = plain.slice(start.index, starts[at + 1]?.index);
    const vrid = /\bvirtual_router_id\s+(\d+)/.exec(body)?.[1];
    return {
      name: start[1]!,
      interface: /\binterface\s+"?([^\s"]+)/.exec(body)?.[1] ?? null,
      vrid: vrid === undefined ? null : Number(vrid),
    };
  });
}

/** Pure. `configured`: null when keepalived's config cannot be read. */
export function judgeRivals(
  subject: Pick<Subject, 'config' | 'node'>,
  running: readonly RunningProcess[],
  configured: readonly KeepalivedRouter[] | null,
): Finding[] {
  const rivals = running.filter(({ name }) => RIVALS.has(name));
  if (rivals.length === 0) return [ok('other VRRP programs', 'none runs here')];
  const byName = Map.groupBy(rivals, ({ name }) => name);
  return [...byName].map(([name, all]) => {
    const pids = all.map(({ pid }) => pid).join(', ');
    const what = `${name} (pid ${pids})`;
    const same = name === 'keepalived' ? sharedRouters(subject, configured ?? []) : [];
    const stop = `sudo systemctl disable --now ${name}`;
    if (same.length > 0) {
      const reason = `it runs ${same.join(', ')} of our own: both speak for one virtual router`;
      return bad(what, reason, stop);
    }
    const reason =
      name === 'keepalived' && configured !== null
        ? 'it runs beside Tandem, with other virtual routers'
        : 'it runs beside Tandem; for which addresses, this user cannot see';
    return warn(what, reason, `${stop}, unless it has addresses of its own to look after`);
  });
}

function sharedRouters(
  subject: Pick<Subject, 'config' | 'node'>,
  configured: readonly KeepalivedRouter[],
): readonly string[] {
  return routersHere(subject).flatMap(({ vrid, interface: device }) => {
    const same = configured.some((one) => one.vrid === vrid && one.interface === device);
    return same ? [`VRID ${vrid} on ${device}`] : [];
  });
}

/** Of all files of keepalived's config; null when the first cannot be read. */
function readKeepalived(): readonly KeepalivedRouter[] | null {
  const first = textOf(KEEPALIVED_CONFIG);
  if (first === null) return null;
  const texts = [first];
  for (let at = 0; at < texts.length && texts.length < FILES_MAX; at++) {
    for (const [, pattern] of texts[at]!.matchAll(/^\s*include[a-z]*\s+"?([^\s"]+)/gm)) {
      texts.push(...matching(resolve(dirname(KEEPALIVED_CONFIG), pattern!)));
    }
  }
  return keepalivedRouters(texts.slice(0, FILES_MAX).join('\n'));
}

/** Texts of the files that a pattern with `*` in its last part names. */
function matching(path: string): readonly string[] {
  const folder = dirname(path);
  const parts = path.slice(folder.length + 1).split('*');
  const pattern = new RegExp(
    `^${parts.map((part) => part.replace(/[^\w-]/g, '\\$&')).join('.*')}$`,
  );
  try {
    const names = readdirSync(folder).filter((name) => pattern.test(name));
    return names.flatMap((name) => textOf(`${folder}/${name}`) ?? []);
  } catch {
    return [];
  }
}

/** See the file's comment. */
export const rivals: Family = {
  name: 'rivals',
  async examine(subject) {
    if (routersHere(subject).length === 0) return [];
    return judgeRivals(subject, runningProcesses(), readKeepalived());
  },
};
