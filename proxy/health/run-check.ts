import type { CheckProbe, CheckTls, HealthCheckConfig } from '../../src/config/health-config.ts';
import type { ProxyVersion, ServerConfig, UpstreamConfig } from '../../src/config/proxy-config.ts';
import type { UpstreamTlsConfig } from '../../src/config/tls-config.ts';
import type { CommandRunner } from '../../src/os/command-runner.ts';
import type { UpstreamMaterial } from '../certificates/material.ts';
import { commandCheck } from './command-check.ts';
import { httpCheck } from './http-check.ts';
import type { CheckOutcome, CheckTarget } from './probe.ts';
import { tcpCheck } from './tcp-check.ts';

/** One check to be made. */
export interface CheckCall {
  readonly upstream: Pick<UpstreamConfig, 'name' | 'sendProxy' | 'tls'>;
  readonly server: ServerConfig;
  readonly check: HealthCheckConfig;
  readonly signal: AbortSignal;
  /** What requests to the upstream use now for TLS; null: nothing. */
  readonly material: UpstreamMaterial | null;
  /** Asked only for checks by command. */
  readonly runner: () => CommandRunner;
}

/** Makes one check of whatever kind. Never rejects. */
export function runCheck({
  upstream,
  server,
  check,
  signal,
  material,
  runner,
}: CheckCall): Promise<CheckOutcome> {
  const { timeoutMs } = check;
  const probe: CheckProbe = check.probe;
  const target = checkTarget(server, check, upstream.sendProxy);
  // As with the PROXY header: elsewhere than at the server's own port nobody expects it.
  const own = target.port === server.port && server.checkAddress == null;
  const inherited = own ? asTraffic(upstream.tls, material) : null;
  // Requests cannot be sent either, which says nothing of the server.
  if (inherited !== null && material !== null && material.fault !== null) {
    return Promise.resolve({ kind: 'inconclusive', error: material.fault });
  }
  switch (probe.kind) {
    case 'http':
      return httpCheck(target, { ...probe, tls: probe.tls ?? inherited, timeoutMs }, signal);
    case 'tcp':
      return tcpCheck(target, { ...probe, tls: probe.tls ?? inherited, timeoutMs }, signal);
    case 'command':
      return commandCheck(
        target,
        { command: probe.command, upstream: upstream.name, timeoutMs },
        runner(),
      );
  }
}

/**
 * Who is asked about a server: usually itself. Elsewhere than at the server's own port, nobody
 * expects a PROXY header.
 */
export function checkTarget(
  server: ServerConfig,
  check: HealthCheckConfig,
  sendProxy: ProxyVersion | null = null,
): CheckTarget {
  if (server.checkAddress != null) return server.checkAddress;
  const { host, name, port } = server;
  if (check.port !== null && check.port !== port) return { host, name, port: check.port };
  return { host, name, port, sendProxy };
}

/** TLS as requests speak it: a file that is bad now ends neither them nor the checks. */
function asTraffic(
  tls: UpstreamTlsConfig | null,
  material: UpstreamMaterial | null,
): CheckTls | null {
  if (tls === null) return null;
  const { verify, serverName, ca } = tls;
  const used = { ca: material?.ca ?? null, own: material?.certificate ?? null };
  return { verify, serverName, ca, asTraffic: used };
}
