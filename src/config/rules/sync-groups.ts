/** What `sync_group` asks of its routers. */
import type { EffectiveRouter } from '../effective.ts';
import { settings } from '../settings.ts';
import { error, type Rule, warning } from './rule.ts';

/** A group whose routers prefer different nodes would be wanted by both, and moved by neither. */
export const syncGroupsAgree: Rule = ({ config }) => {
  const nodes = Object.keys(config.nodes);
  const first = new Map<string, [string, EffectiveRouter]>();
  return Object.entries(config.virtual_routers).flatMap(([name, router]) => {
    const { sync_group: group } = router;
    if (group === undefined) return [];
    const other = first.get(group);
    if (other === undefined) {
      first.set(group, [name, router]);
      return [];
    }
    const differs = disagreement(nodes, router, other[1]);
    if (differs === null) return [];
    const message =
      `found ${group}, in which ${other[0]} has ${differs}; allowed: routers whose ` +
      'priorities are in the same order on the nodes';
    return [error(['virtual_routers', name, 'sync_group'], message)];
  });
};

/** How the second router's priorities differ in kind from the first one's; null: they do not. */
function disagreement(
  nodes: readonly string[],
  one: EffectiveRouter,
  two: EffectiveRouter,
): string | null {
  const order = ({ priority }: EffectiveRouter) =>
    nodes
      .filter((node) => priority[node] !== undefined)
      .sort((a, b) => (priority[b] ?? 0) - (priority[a] ?? 0));
  const owners = ({ priority }: EffectiveRouter) =>
    nodes.filter((node) => priority[node] === settings.node.priority.max);
  if (owners(one).join() !== owners(two).join()) return 'another address owner (priority 255)';
  for (const [i, a] of nodes.entries()) {
    for (const b of nodes.slice(i + 1)) {
      const sign = ({ priority }: EffectiveRouter) =>
        Math.sign((priority[a] ?? 0) - (priority[b] ?? 0));
      if (sign(one) !== sign(two)) return `another order (${order(two).join(', ')})`;
    }
  }
  return null;
}

/** A group of one router of one family says nothing; hardly what was meant. */
export const syncGroupsShared: Rule = ({ config }) => {
  const routers = Object.entries(config.virtual_routers);
  return routers.flatMap(([name, { sync_group: group }]) => {
    if (group === undefined) return [];
    if (routers.some(([other, one]) => other !== name && one.sync_group === group)) return [];
    const message = `found ${group}, which no other router is in; usual: two or more`;
    return [warning(['virtual_routers', name, 'sync_group'], message)];
  });
};
