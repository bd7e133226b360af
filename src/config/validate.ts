/** The cross-field rules, in one table. Each is pure and sees the whole effective config. */

import type { Finding } from './problem.ts';
import { logFieldsMatter, routeNamesUnique } from './rules/access-log.ts';
import { authEnforced, authKeysFit, passwordsFit } from './rules/auth.ts';
import {
  balancingMatters,
  hashKeysFit,
  tcpHashesSource,
  tcpNeverQueues,
} from './rules/balancing.ts';
import { bfdMatters, bfdPeersDiffer, bfdPeersKnown, bfdSessionsAgree } from './rules/bfd.ts';
import {
  cacheFoldersApart,
  cacheKeysTellApart,
  cachesExist,
  cachesMatter,
} from './rules/caches.ts';
import {
  drainedListenersAreWild,
  drainTimeoutsMatter,
  groupsDrainAlike,
} from './rules/handover.ts';
import { ejectionsAgree, ejectionsMatter, healthMatters } from './rules/health.ts';
import {
  scriptsUsed,
  timeoutsFit,
  trackedProxyExists,
  trackersExist,
} from './rules/health-scripts.ts';
import { trustedAreSome } from './rules/http-rules.ts';
import { windowsNest } from './rules/http2.ts';
import {
  adaptiveLimitsFit,
  limitsExist,
  limitsUsed,
  limitTablesBounded,
  rateLimitsComplete,
} from './rules/limits.ts';
import { adminApart, bindsUnique, limitsFit } from './rules/listeners.ts';
import { mirrorsAreOthers } from './rules/mirror.ts';
import { pairAddressesApart, pairMatters, pairPathsMeet, pairPortFree } from './rules/pair.ts';
import {
  rewritesMatter,
  rewrittenPathsForwarded,
  templatesMeanSomething,
} from './rules/rewriting.ts';
import { routesDistinct, routesReachable, routesTold, schemesSpoken } from './rules/route-order.ts';
import { routesLeadSomewhere } from './rules/routes.ts';
import type { Rule, RuleInput } from './rules/rule.ts';
import {
  adminGuarded,
  adminHasBalancer,
  adminTokensApart,
  nodeAddressesDiffer,
  nodeMapsComplete,
  sectionsAgree,
} from './rules/sections.ts';
import { accessListsApart, splitsAddUp } from './rules/split.ts';
import { stickyCookiesWork, tcpNeverSticks } from './rules/sticky.ts';
import {
  tcpLeadsSomewhere,
  tcpSettingsMatter,
  tlsRoutesDistinct,
  udpUpstreamsFit,
} from './rules/stream-listeners.ts';
import { syncGroupsAgree, syncGroupsShared } from './rules/sync-groups.ts';
import { certificatesDistinct, tlsEndsOrPasses, tlsMatters } from './rules/tls.ts';
import { trackersMatter } from './rules/tracker-walk.ts';
import { gatewaysApart, trackedUpstreamsChecked, trackedUpstreamsExist } from './rules/trackers.ts';
import {
  unicastAddressesDiffer,
  unicastAddressesKnown,
  unicastFamiliesFit,
  unicastNotStrict,
  unicastPeersKnown,
} from './rules/unicast.ts';
import {
  serversBounded,
  serversPlaced,
  serversUnique,
  ttlBoundsAgree,
  upstreamsExist,
  upstreamsUsed,
  weightsLeaveWork,
} from './rules/upstreams.ts';
import {
  addressesServed,
  addressesUnique,
  addressesUsable,
  linkLocalFirst,
  ownersOwn,
} from './rules/virtual-addresses.ts';
import {
  acceptFits,
  intervalsFit,
  modesFit,
  preemptDelaysMatter,
  prioritiesDiffer,
  vridsUnique,
} from './rules/virtual-routers.ts';
import { routeFamiliesAgree, routesUnique } from './rules/virtual-routes.ts';
import { witnessesApart, witnessesMatter } from './rules/witness.ts';

/** Rules about entries: they hold for those that can be read even when others cannot. */
const entryRules: readonly Rule[] = [
  nodeAddressesDiffer,
  nodeMapsComplete,
  pairAddressesApart,
  pairPortFree,
  intervalsFit,
  witnessesApart,
  vridsUnique,
  syncGroupsAgree,
  addressesUsable,
  addressesUnique,
  ownersOwn,
  routeFamiliesAgree,
  routesUnique,
  bfdPeersDiffer,
  bfdSessionsAgree,
  unicastAddressesDiffer,
  unicastFamiliesFit,
  unicastNotStrict,
  passwordsFit,
  authKeysFit,
  trackersExist,
  trackedUpstreamsExist,
  gatewaysApart,
  ejectionsAgree,
  timeoutsFit,
  upstreamsExist,
  serversPlaced,
  serversUnique,
  ttlBoundsAgree,
  weightsLeaveWork,
  hashKeysFit,
  stickyCookiesWork,
  serversBounded,
  bindsUnique,
  adminApart,
  adminGuarded,
  adminTokensApart,
  routesDistinct,
  routesLeadSomewhere,
  splitsAddUp,
  mirrorsAreOthers,
  accessListsApart,
  templatesMeanSomething,
  rewrittenPathsForwarded,
  limitsFit,
  trustedAreSome,
  windowsNest,
  limitsExist,
  rateLimitsComplete,
  adaptiveLimitsFit,
  limitTablesBounded,
  cachesExist,
  cacheFoldersApart,
  tcpLeadsSomewhere,
  tlsRoutesDistinct,
  udpUpstreamsFit,
  tlsEndsOrPasses,
  certificatesDistinct,
  logFieldsMatter,
  routeNamesUnique,
];

/** Rules about what is absent or useless: they need the whole file. */
const wholeRules: readonly Rule[] = [
  sectionsAgree,
  adminHasBalancer,
  pairPathsMeet,
  pairMatters,
  witnessesMatter,
  trackedProxyExists,
  trackedUpstreamsChecked,
  prioritiesDiffer,
  preemptDelaysMatter,
  drainTimeoutsMatter,
  groupsDrainAlike,
  drainedListenersAreWild,
  syncGroupsShared,
  acceptFits,
  modesFit,
  bfdPeersKnown,
  unicastAddressesKnown,
  unicastPeersKnown,
  authEnforced,
  bfdMatters,
  linkLocalFirst,
  addressesServed,
  scriptsUsed,
  upstreamsUsed,
  tcpHashesSource,
  ejectionsMatter,
  healthMatters,
  limitsUsed,
  cachesMatter,
  cacheKeysTellApart,
  tcpNeverQueues,
  tcpNeverSticks,
  balancingMatters,
  trackersMatter,
  tcpSettingsMatter,
  tlsMatters,
  rewritesMatter,
  routesReachable,
  routesTold,
  schemesSpoken,
];

/**
 * Applies the rules. `whole` is false when broken entries had to be left out: then only rules that
 * cannot mistake a missing entry for a mistake are asked, and only their errors count.
 */
export function validate(input: RuleInput, whole: boolean): readonly Finding[] {
  if (whole) return [...entryRules, ...wholeRules].flatMap((rule) => rule(input));
  const findings = entryRules.flatMap((rule) => rule(input));
  return findings.filter(({ severity }) => severity === 'error');
}
