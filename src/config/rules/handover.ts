/** What an agreed handover needs of the rest of the file. */
import { familyOf } from '../addresses.ts';
import { boundToMoving, handoverObstacle, whyNoHandover } from '../agreed-handover.ts';
import { formatEndpoint } from '../endpoints.ts';
import { type Rule, warning } from './rule.ts';

/** Connections cannot last on a host that gives nothing up by agreement. */
export const drainTimeoutsMatter: Rule = ({ config }) => {
  return Object.entries(config.virtual_routers).flatMap(([name, router]) => {
    const obstacle = router.drain_timeout === 0 ? null : handoverObstacle(router, config);
    if (obstacle === null) return [];
    const message = `has no effect ${obstacle}: a planned switch breaks every connection`;
    return [warning(['virtual_routers', name, 'drain_timeout'], message, 'key')];
  });
};

/** A group moves as a whole, by agreement or not. */
export const groupsDrainAlike: Rule = ({ config }) => {
  const first = new Map<string, { readonly name: string; readonly agreed: boolean }>();
  return Object.entries(config.virtual_routers).flatMap(([name, router]) => {
    const { sync_group: group } = router;
    if (group === undefined) return [];
    const agreed = whyNoHandover(router, config) === null;
    const other = first.get(group);
    if (other === undefined) {
      first.set(group, { name, agreed });
      return [];
    }
    if (other.agreed === agreed) return [];
    const [able, unable] = agreed ? [name, other.name] : [other.name, name];
    const message =
      `${able} could move by agreement and ${unable} cannot, so nothing in the group ${group} does: a ` +
      'planned switch breaks every connection';
    return [warning(['virtual_routers', name, 'sync_group'], message)];
  });
};

/** What a listener on the virtual address itself loses. */
export const drainedListenersAreWild: Rule = ({ config }) => {
  return boundToMoving(config).map(({ listener, index, bind, router }) => {
    const several = Array.isArray(config.listeners[listener]?.bind);
    const path = ['listeners', listener, 'bind', ...(several ? [index] : [])];
    const wildcard = familyOf(bind.host) === 4 ? '0.0.0.0' : '[::]';
    const message =
      `found ${formatEndpoint(bind)}, an address of ${router}: a planned switch breaks the connections of ` +
      `a listener on it; usual: ${wildcard}:${bind.port}`;
    return warning(path, message);
  });
};
