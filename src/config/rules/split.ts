/** Splits of routes, and who may use them. */
import { asList } from '../as-list.ts';
import { sharesOf } from '../compile-split.ts';
import { foundText } from '../found.ts';
import type { ConfigPath, Finding } from '../problem.ts';
import type { SplitEntry } from '../schema/split.ts';
import { didYouMean } from '../suggest.ts';
import { error, type Rule } from './rule.ts';

/** Every share is named once, and somebody gets something. */
export const splitsAddUp: Rule = ({ config }) => {
  return Object.entries(config.listeners).flatMap(([name, listener]) => {
    if (listener.protocol !== 'http') return [];
    return listener.routes.flatMap(({ split }, index) =>
      split === undefined
        ? []
        : splitFindings(split, ['listeners', name, 'routes', index, 'split']),
    );
  });
};

function splitFindings(split: SplitEntry, path: ConfigPath): readonly Finding[] {
  const shares = sharesOf(split);
  const plain = Array.isArray(split);
  const base = plain ? path : [...path, 'shares'];
  const names = shares.map(({ upstream }) => upstream);
  const findings: Finding[] = names.flatMap((upstream, index) =>
    names.indexOf(upstream) === index
      ? []
      : [error([...base, index, 'upstream'], `found ${upstream} again; allowed: each once`)],
  );
  if (shares.every(({ weight }) => weight === 0)) {
    findings.push(error(base, 'every weight is 0; needed: one that is not', 'key'));
  }
  if (plain) return findings;
  const { force } = split;
  const at = Array.isArray(force) ? (index: number) => [index] : () => [];
  return [
    ...findings,
    ...asList(force ?? []).flatMap(({ values }, index) =>
      Object.entries(values).flatMap(([value, upstream]) => {
        if (names.includes(upstream)) return [];
        const found = `found ${foundText(upstream)}${didYouMean(upstream, names)}`;
        const where = [...path, 'force', ...at(index), 'values', value];
        return [error(where, `${found}; allowed: one of the shares: ${names.join(', ')}`)];
      }),
    ),
  ];
}

/** Two lists of one thing: which comes first would be anybody's guess. */
export const accessListsApart: Rule = ({ config }) => {
  return Object.entries(config.listeners).flatMap(([name, listener]): Finding[] => {
    if (listener.protocol === 'udp') return [];
    const routes = listener.protocol === 'http' ? listener.routes : [];
    const places = [
      { entry: listener, path: ['listeners', name] as ConfigPath },
      ...routes.map((entry, index) => ({
        entry,
        path: ['listeners', name, 'routes', index] as ConfigPath,
      })),
    ];
    return places.flatMap(({ entry: { allow, deny, access }, path }) => {
      if (access === undefined || (allow === undefined && deny === undefined)) return [];
      const message = 'found allow or deny, too; allowed: either access, or allow and deny';
      return [error([...path, 'access'], message, 'key')];
    });
  });
};
