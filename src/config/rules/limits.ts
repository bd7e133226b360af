/** Limits: named ones exist, are used, and mean something. */
import { keysOf } from '../compile-limits.ts';
import type { EffectiveConfig } from '../effective.ts';
import { foundText } from '../found.ts';
import type { ConfigPath, Finding } from '../problem.ts';
import { formatKey } from '../schema/request-key.ts';
import { settings } from '../settings.ts';
import { didYouMean } from '../suggest.ts';
import { formatDuration } from '../units.ts';
import { error, type Rule, type RuleInput, warning } from './rule.ts';

const SECTIONS = ['rate_limits', 'concurrency_limits'] as const;
type Section = (typeof SECTIONS)[number];

interface Reference {
  readonly name: string;
  readonly path: ConfigPath;
}

function references(config: EffectiveConfig, section: Section): readonly Reference[] {
  return Object.entries(config.listeners).flatMap(([listener, entry]): Reference[] => {
    if (entry.protocol !== 'http') return [];
    const path = ['listeners', listener];
    const own = (names: readonly string[], at: ConfigPath) =>
      names.map((name, index) => ({ name, path: [...at, section, index] }));
    return [
      ...own(entry[section], path),
      ...entry.routes.flatMap((route, index) => own(route[section], [...path, 'routes', index])),
    ];
  });
}

/** Every name stands for a limit. */
export const limitsExist: Rule = ({ config, declared }) => {
  return SECTIONS.flatMap((section) => {
    const known = declared[section];
    const allowed = known.length === 0 ? `the file has no ${section}` : known.join(', ');
    return references(config, section).flatMap(({ name, path }) => {
      if (known.includes(name)) return [];
      const found = `found ${foundText(name)}${didYouMean(name, known)}`;
      return [error(path, `${found}; allowed: ${allowed}`)];
    });
  });
};

/** A limit that nobody names. */
export const limitsUsed: Rule = ({ config }) => {
  return SECTIONS.flatMap((section) => {
    const used = new Set(references(config, section).map(({ name }) => name));
    return Object.keys(config[section])
      .filter((name) => !used.has(name))
      .map((name) => warning([section, name], 'no listener or route names it', 'key'));
  });
};

/** A rate or a quota; what belongs to a rate is not beside a quota. */
export const rateLimitsComplete: Rule = ({ config }) => {
  return Object.entries(config.rate_limits).flatMap(([name, limit]): Finding[] => {
    const path = ['rate_limits', name];
    const { rate, quota, burst, mode, tiers } = limit;
    if (rate === undefined && quota === undefined) {
      return [error(path, 'neither rate nor quota; needed: one of them', 'key')];
    }
    if (rate !== undefined && quota !== undefined) {
      return [error([...path, 'quota'], 'found a rate, too; allowed: one; use two limits', 'key')];
    }
    if (quota !== undefined) {
      const foreign = [
        ...(burst > 0 ? ['burst'] : []),
        ...(mode === 'nodelay' ? [] : ['mode']),
        ...(tiers === undefined ? [] : ['tiers']),
      ];
      return foreign.map((key) =>
        error([...path, key], 'found a quota, which has none; allowed with a rate', 'key'),
      );
    }
    return delayFindings(path, limit);
  });
};

type RateEntry = EffectiveConfig['rate_limits'][string];

/** Nobody waits for a minute; and there must be somebody who waits. */
function delayFindings(path: ConfigPath, { rate, burst, mode, tiers }: RateEntry): Finding[] {
  if (mode === 'nodelay' || rate === undefined) return [];
  const after = typeof mode === 'object' ? mode.delay_after : 0;
  const max = settings.limit.delayMaxMs;
  const all = [
    { path: [...path, 'burst'], rate, burst },
    ...Object.entries(tiers?.map ?? {}).map(([tier, entry]) => ({
      path: [...path, 'tiers', 'map', tier, 'burst'],
      ...entry,
    })),
  ];
  const tooLong = all.flatMap((one) => {
    const wait = Math.ceil(((one.burst - after) * one.rate.windowMs) / one.rate.count);
    if (wait <= max) return [];
    const message =
      `found ${one.burst}, of which the last would wait ${formatDuration(wait)}; ` +
      `allowed: a wait of up to ${formatDuration(max)}`;
    return [error(one.path, message)];
  });
  if (tooLong.length > 0 || all.some((one) => one.burst > after)) return tooLong;
  return [warning([...path, 'mode'], `nobody ever waits: burst is not above ${after}`)];
}

/** Adaptive limits have one bucket, and room between their bounds. */
export const adaptiveLimitsFit: Rule = ({ config }) => {
  return Object.entries(config.concurrency_limits).flatMap(([name, limit]): Finding[] => {
    const { adaptive, key, max } = limit;
    if (adaptive === undefined) return [];
    const path = ['concurrency_limits', name];
    const findings: Finding[] = [];
    if (key.kind !== 'total') {
      const message = `found ${formatKey(key)} with adaptive; allowed: total`;
      findings.push(error([...path, 'key'], message));
    }
    if (adaptive.min > max) {
      const message = `found ${adaptive.min}; allowed: up to max, ${max}`;
      findings.push(error([...path, 'adaptive', 'min'], message));
    }
    return findings;
  });
};

/** All tables together, for every tier one. */
export const limitTablesBounded: Rule = ({ config }: RuleInput) => {
  const rates = Object.values(config.rate_limits).map(
    (limit) => keysOf(limit) * (1 + Object.keys(limit.tiers?.map ?? {}).length),
  );
  const concurrency = Object.values(config.concurrency_limits).map(keysOf);
  const sources = Object.values(config.listeners).map((listener) =>
    listener.protocol === 'udp' ? 0 : (listener.limits.connections_per_source?.keys ?? 0),
  );
  const total = [...rates, ...concurrency, ...sources].reduce((sum, keys) => sum + keys, 0);
  const max = settings.limit.keysTotalMax;
  if (total <= max) return [];
  const message = `found ${total} keys in all limits, each tier counted; allowed: ${max}`;
  const sections = [
    ...(rates.length > 0 ? ['rate_limits'] : []),
    ...(concurrency.length > 0 ? ['concurrency_limits'] : []),
    'listeners',
  ];
  return [error([sections[0]!], message, 'key')];
};
