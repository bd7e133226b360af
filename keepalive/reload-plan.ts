/**
 * What a new configuration does to the virtual routers, told before it is done: for an operator who is
 * about to reload. The same plan as reconfigurer.ts carries out. Pure.
 */
import type { AgentConfig, VirtualRouterConfig } from '../src/config/agent-config.ts';
import { heldAddresses } from './holdings/address-keeper.ts';
import { planReconfiguration, type RouterChange } from './reconfiguration.ts';
import { expectationOf } from './virtual-router/receive-checks.ts';

/** One line of the plan. */
export interface AgentPlanLine {
  readonly what: 'added' | 'removed' | 'changed';
  readonly kind: 'virtual router' | 'health script' | 'setting';
  readonly name: string;
  /** What clients feel; null: nothing. */
  readonly disturbs: string | null;
  /** Its keys that changed, and how where that is short; absent: there is nothing to say. */
  readonly detail?: string;
}

const ANEW =
  'it resigns and begins anew, which breaks its connections: hand the addresses over first (tandem handover)';

/**
 * Every difference between two configurations of a node. Throws RangeError when the new one is none that an
 * agent can run with.
 */
export function planAgentReload(before: AgentConfig, after: AgentConfig): readonly AgentPlanLine[] {
  for (const router of after.virtualRouters) expectationOf(router);
  const { added, removed, changed } = planReconfiguration(before, after);
  const came = new Set(added.map(({ name }) => name));
  const went = new Set(removed.map(({ name }) => name));
  return [
    ...removed.filter(({ name }) => !came.has(name)).map(removedLine),
    ...added.map((router): AgentPlanLine => {
      const { name } = router;
      const kind = 'virtual router';
      if (!went.has(name)) return { what: 'added', kind, name, disturbs: null };
      const was = removed.find((one) => one.name === name)!;
      return { what: 'changed', kind, name, disturbs: ANEW, detail: keysOf(was, router) };
    }),
    ...changed.map(changedLine),
    ...scriptLines(before, after),
    ...settingLines(before, after),
  ];
}

function removedLine(router: VirtualRouterConfig): AgentPlanLine {
  const disturbs = `connections to ${addressesText(heldAddresses(router))} break`;
  return { what: 'removed', kind: 'virtual router', name: router.name, disturbs };
}

function changedLine({ before, after, retired }: RouterChange): AgentPlanLine {
  return {
    what: 'changed',
    kind: 'virtual router',
    name: after.name,
    disturbs:
      retired.length === 0
        ? movable(before, after)
        : `connections to ${addressesText(retired)} break`,
    detail: keysOf(before, after),
  };
}

/** Another rank among the two hosts may move the addresses. */
function movable(before: VirtualRouterConfig, after: VirtualRouterConfig): string | null {
  const rank = ({ priority, peerPriority = 0 }: VirtualRouterConfig) =>
    Math.sign(priority - peerPriority);
  if (rank(before) === rank(after)) return null;
  return 'the addresses may move to the other host (an agreed handover, where there is one)';
}

function addressesText(addresses: readonly { readonly address: string }[]): string {
  return addresses.map(({ address }) => address).join(', ');
}

const SHORT_CHARS_MAX = 24;

/** `priority 150 (was 200), track` */
function keysOf(before: object, after: object): string {
  const was = before as Readonly<Record<string, unknown>>;
  const is = after as Readonly<Record<string, unknown>>;
  const keys = [...new Set([...Object.keys(was), ...Object.keys(is)])];
  return keys
    .filter((key) => text(was[key]) !== text(is[key]))
    .map((key) => {
      const short = [was[key], is[key]].every(
        (value) => typeof value !== 'object' && text(value).length <= SHORT_CHARS_MAX,
      );
      return short ? `${key} ${text(is[key])} (was ${text(was[key])})` : key;
    })
    .join(', ');
}

function text(value: unknown): string {
  return value === undefined ? 'none' : JSON.stringify(value);
}

function scriptLines(before: AgentConfig, after: AgentConfig): AgentPlanLine[] {
  const were = new Map(before.healthScripts.map((script) => [script.name, script]));
  const are = new Map(after.healthScripts.map((script) => [script.name, script]));
  const line = (what: AgentPlanLine['what'], name: string): AgentPlanLine => ({
    ...{ what, name, kind: 'health script', disturbs: null },
  });
  return [
    ...before.healthScripts.flatMap(({ name }) => (are.has(name) ? [] : [line('removed', name)])),
    ...after.healthScripts.flatMap((script): AgentPlanLine[] => {
      const was = were.get(script.name);
      if (was === undefined) return [line('added', script.name)];
      if (text(was) === text(script)) return [];
      return [{ ...line('changed', script.name), detail: keysOf(was, script) }];
    }),
  ];
}

function settingLines(before: AgentConfig, after: AgentConfig): AgentPlanLine[] {
  const parts = ({ nodes, peerAddresses = [] }: AgentConfig) => text([nodes, peerAddresses]);
  if (parts(before) === parts(after)) return [];
  return [{ what: 'changed', kind: 'setting', name: 'nodes', disturbs: null }];
}
