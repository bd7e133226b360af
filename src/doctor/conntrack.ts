/** Connection tracking of the local firewall: whether its table is large enough. */
import { clientsOf } from './descriptors.ts';
import { bad, type Finding, ok, warn } from './finding.ts';
import { countText, sysctl } from './host-files.ts';
import type { Family, Subject } from './subject.ts';

const FULL_SHARE = 0.95;
const LOW_SHARE = 0.75;
/** From the client, and to the server. */
const PER_CONNECTION = 2;

/** Entries there are and may be; null: nothing is tracked here. */
export interface Tracking {
  readonly count: number;
  readonly max: number;
}

/** Pure. */
export function judgeConntrack(
  tracking: Tracking | null,
  { config }: Pick<Subject, 'config'>,
): Finding {
  const what = 'net.netfilter.nf_conntrack_max';
  if (tracking === null) return ok(what, 'not loaded: nothing is tracked');
  const { count, max } = tracking;
  const found = `${countText(count)} of ${countText(max)} entries in use`;
  const remedy = (value: number) =>
    `sudo sysctl -w ${what}=${value}, and a file in /etc/sysctl.d; or no tracking for these ports`;
  if (count > max * FULL_SHARE) {
    return bad(what, `${found}: packets of new connections are dropped`, remedy(max * 2));
  }
  if (count > max * LOW_SHARE) return warn(what, found, remedy(max * 2));
  const wanted = config === null ? 0 : PER_CONNECTION * clientsOf(config);
  if (wanted <= max) return ok(what, found);
  const reason = `${found}; all clients that the listeners allow take ${countText(wanted)}`;
  return warn(what, reason, remedy(wanted));
}

/** See the file's comment. */
export const conntrack: Family = {
  name: 'conntrack',
  async examine(subject) {
    const count = sysctl('net.netfilter.nf_conntrack_count');
    const max = sysctl('net.netfilter.nf_conntrack_max');
    return [judgeConntrack(count === null || max === null ? null : { count, max }, subject)];
  },
};
