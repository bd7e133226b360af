import type { CheckProbe, HealthCheckConfig } from '../../src/config/health-config.ts';
import type { ProxyVersion, ServerConfig, UpstreamConfig } from '../../src/config/proxy-config.ts';
import type { CommandRunner } from '../../src/os/command-runner.ts';
import { commandCheck } from './command-check.ts';
import { httpCheck } from './http-check.ts';
import type { CheckOutcome, CheckTarget } from './probe.ts';
import { tcpCheck } from './tcp-check.ts';

/** One check to be made. */
export interface CheckCall {
  readonly upstream: Pick<UpstreamConfig, 'name' | 'sendProxy'>;
  readonly server: ServerConfig;
  readonly check: HealthCheckConfig;
  readonly signal: AbortSignal;
  /** Asked only for checks by command. */
  readonly runner: () => CommandRunner;
}

/** Makes one check of whatever kind. Never rejects. */
export function runCheck({
  upstream,
  server,
  check,
  signal,
  runner,
}: CheckCall): Promise<CheckOutcome> {
  const { timeoutMs } = check;
  const probe: CheckProbe = check.probe;
  const target = checkTarget(server, check, upstream.sendProxy);
  switch (probe.kind) {
    case 'http':
      return httpCheck(target, { ...probe, timeoutMs }, signal);
    case 'tcp':
      return tcpCheck(target, { ...probe, timeoutMs }, signal);
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
