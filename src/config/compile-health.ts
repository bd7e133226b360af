/** What the balancer is told about the health of servers. */
import type { EffectiveCheck, EffectiveUpstream } from './effective.ts';
import type {
  BodyMatch,
  CheckProbe,
  CheckTls,
  EjectionConfig,
  HealthCheckConfig,
} from './health-config.ts';

type HttpEntry = NonNullable<EffectiveCheck['http']>;
type StatusRange = readonly [number, number];

/** One upstream's `health_check`. */
export function compileCheck(check: EffectiveCheck): HealthCheckConfig {
  return {
    probe: compileProbe(check),
    port: check.port ?? null,
    intervalMs: check.interval,
    intervalDownMs: check.interval_down,
    timeoutMs: check.timeout,
    rise: check.rise,
    fall: check.fall,
    initial: check.initial,
  };
}

function compileProbe(check: EffectiveCheck): CheckProbe {
  const { http, tcp, command } = check;
  if (command !== undefined) return { kind: 'command', command };
  const tls = compileTls(check.tls);
  if (http === undefined) {
    return { kind: 'tcp', send: tcp?.send ?? '', expect: tcp?.expect ?? '', tls };
  }
  return {
    kind: 'http',
    method: http.method,
    path: http.path,
    host: http.host ?? null,
    headers: Object.entries(http.headers),
    statuses: statusRanges(http.status),
    body: compileBody(http.body),
    tls,
  };
}

function compileBody(body: HttpEntry['body']): BodyMatch | null {
  if (body?.contains !== undefined) return { kind: 'contains', text: body.contains };
  if (body?.matches !== undefined) return { kind: 'matches', pattern: body.matches };
  return null;
}

function compileTls(tls: EffectiveCheck['tls']): CheckTls | null {
  if (tls === undefined) return null;
  return { verify: tls.verify, serverName: tls.server_name ?? null, ca: tls.ca ?? null };
}

/** One upstream's `passive` or `outlier`; a rule sees to it that only one is there. */
export function compileEjection({ passive, outlier }: EffectiveUpstream): EjectionConfig | null {
  if (outlier !== undefined) {
    const { error_rate: percent, min_requests: requestsMin } = outlier;
    return {
      failuresMax: outlier.consecutive_errors,
      windowMs: 0,
      rate: percent === 0 ? null : { percent, requestsMin },
      intervalMs: outlier.interval,
      baseMs: outlier.base_ejection,
      maxMs: outlier.max_ejection,
      ejectedPercentMax: outlier.max_ejected,
      trials: outlier.trials,
      statuses: statusRanges(outlier.status),
    };
  }
  if (passive === undefined) return null;
  const { max_fails, fail_timeout, status } = passive;
  return {
    failuresMax: max_fails,
    windowMs: fail_timeout,
    rate: null,
    intervalMs: fail_timeout,
    baseMs: fail_timeout,
    maxMs: fail_timeout,
    ejectedPercentMax: 100,
    trials: 1,
    statuses: statusRanges(status),
  };
}

/** A range is itself an array, so what tells it from a list of ranges is its first element. */
export function statusRanges(status: StatusRange | readonly StatusRange[]): readonly StatusRange[] {
  return typeof status[0] === 'number' ? [status as StatusRange] : (status as StatusRange[]);
}
