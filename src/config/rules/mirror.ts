/** Copies of requests. */
import { sharesOf } from '../compile-split.ts';
import type { Finding } from '../problem.ts';
import { error, type Rule } from './rule.ts';

/** There is something to copy, and the copy goes elsewhere. */
export const mirrorsAreOthers: Rule = ({ config }) => {
  return Object.entries(config.listeners).flatMap(([name, listener]) => {
    if (listener.protocol !== 'http') return [];
    return listener.routes.flatMap(({ mirror, upstream, split }, index): Finding[] => {
      if (mirror === undefined) return [];
      const path = ['listeners', name, 'routes', index, 'mirror'];
      const shares = split === undefined ? [] : sharesOf(split);
      const used = upstream === undefined ? shares.map((share) => share.upstream) : [upstream];
      if (used.length === 0) {
        const message = 'no request of this route goes to a server; needed: upstream or split';
        return [error(path, message, 'key')];
      }
      if (!used.includes(mirror.upstream)) return [];
      const found = `found ${mirror.upstream}, which gets the requests themselves`;
      return [error([...path, 'upstream'], `${found}; allowed: another upstream`)];
    });
  });
};
