/** Access logs, and the names that logs and metrics call routes by. */
import { error, type Rule } from './rule.ts';

/** A template says itself what is in a line. */
export const logFieldsMatter: Rule = ({ config }) => {
  return Object.entries(config.listeners).flatMap(([name, listener]) => {
    const log = listener.protocol === 'udp' ? undefined : listener.access_log;
    if (log?.fields === undefined || log.format === 'json') return [];
    const message = 'only a JSON line has fields; needed: format: json, or no fields';
    return [error(['listeners', name, 'access_log', 'fields'], message, 'key')];
  });
};

/** A name is one route's alone. */
export const routeNamesUnique: Rule = ({ config }) => {
  return Object.entries(config.listeners).flatMap(([name, listener]) => {
    if (listener.protocol !== 'http') return [];
    const first = new Map<string, number>();
    return listener.routes.flatMap((route, index) => {
      if (route.name === undefined) return [];
      const other = first.get(route.name);
      if (other === undefined) first.set(route.name, index);
      if (other === undefined) return [];
      const path = ['listeners', name, 'routes', index, 'name'];
      return [error(path, `found ${route.name}, which routes[${other}] has; allowed: each once`)];
    });
  });
};
