/** Health scripts and the trackers that name them. */
import type { EffectiveCheck } from '../effective.ts';
import { foundText } from '../found.ts';
import type { Finding } from '../problem.ts';
import { didYouMean } from '../suggest.ts';
import { formatDuration } from '../units.ts';
import { error, type Rule, type RuleInput, warning } from './rule.ts';

/** Every tracker is there, once. */
export const trackersExist: Rule = ({ config, declared }) => {
  const known = declared.health_scripts;
  const allowed = known.length === 0 ? 'the file has no health_scripts' : known.join(', ');
  return Object.entries(config.virtual_routers).flatMap(([name, { track }]) => {
    const path = ['virtual_routers', name, 'track'];
    const unknown = track.scripts.flatMap((script, index) => {
      if (known.includes(script)) return [];
      const guess = didYouMean(script, known);
      const message = `found ${foundText(script)}${guess}; allowed: ${allowed}`;
      return [error([...path, 'scripts', index], message)];
    });
    const { interfaces } = track;
    return [
      ...unknown,
      ...repeated(track.scripts, [...path, 'scripts']),
      ...(Array.isArray(interfaces) ? repeated(interfaces, [...path, 'interfaces']) : []),
    ];
  });
};

function repeated(names: readonly string[], path: readonly string[]): readonly Finding[] {
  return names.flatMap((name, index) => {
    if (names.indexOf(name) === index) return [];
    return [error([...path, index], `found ${foundText(name)} twice; allowed: each once`)];
  });
}

/** `track.proxy` waits for a balancer that must exist. */
export const trackedProxyExists: Rule = ({ config }) => {
  if (Object.keys(config.listeners).length > 0) return [];
  return Object.entries(config.virtual_routers).flatMap(([name, { track }]) => {
    if (!track.proxy) return [];
    const message =
      'found true in a file without listeners, so the balancer would never be ready; ' +
      'allowed: false, or listeners';
    return [error(['virtual_routers', name, 'track', 'proxy'], message)];
  });
};

/** A run that may outlast its interval would delay the next one and hide a failure. */
export const timeoutsFit: Rule = ({ config }) => [
  ...Object.entries(config.health_scripts).flatMap(([name, script]) =>
    timeoutFinding(['health_scripts', name], script),
  ),
  ...Object.entries(config.upstreams).flatMap(([name, { health_check: check }]) =>
    check === undefined ? [] : checkTimeoutFinding(['upstreams', name, 'health_check'], check),
  ),
  ...Object.entries(config.virtual_routers).flatMap(([router, { track }]) =>
    Object.entries(track.gateways ?? {}).flatMap(([name, gateway]) =>
      timeoutFinding(['virtual_routers', router, 'track', 'gateways', name], gateway),
    ),
  ),
];

function timeoutFinding(
  path: readonly string[],
  { timeout, interval }: { readonly timeout: number; readonly interval: number },
): readonly Finding[] {
  if (timeout <= interval) return [];
  const message =
    `found ${formatDuration(timeout)}; allowed: up to the interval, ` +
    `${formatDuration(interval)}`;
  return [error([...path, 'timeout'], message)];
}

/** Of both rhythms of a check the faster one bounds its timeout. */
function checkTimeoutFinding(path: readonly string[], check: EffectiveCheck): readonly Finding[] {
  const { timeout, interval, interval_down } = check;
  if (timeout > interval || interval_down >= timeout) {
    return timeoutFinding(path, { timeout, interval });
  }
  const message =
    `found ${formatDuration(interval_down)}; allowed: from the timeout, ` +
    `${formatDuration(timeout)}, on`;
  return [error([...path, 'interval_down'], message)];
}

/** A script nobody tracks is not run. */
export const scriptsUsed: Rule = ({ config }: RuleInput) => {
  const tracked = Object.values(config.virtual_routers).flatMap(({ track }) => track.scripts);
  return Object.keys(config.health_scripts)
    .filter((name) => !tracked.includes(name))
    .map((name) => warning(['health_scripts', name], 'no virtual router tracks it', 'key'));
};
