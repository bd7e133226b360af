import { join } from 'node:path';
import { ask } from '../control/client.ts';
import { createControlServer, json, type Reply, type Routes, text } from '../control/server.ts';
import type { Logger } from '../log/logger.ts';
import { StartupError } from '../processes/startup-error.ts';
import { SOCKETS } from '../runtime/runtime-dir.ts';
import { admitLoopback } from './admit.ts';

/** What the admin listener asks of the balancer it lives in. */
export interface AdminSource {
  status(): unknown;
  readiness(): {
    readonly ready: boolean;
    readonly reasons: readonly string[];
    /** What is wrong although it may be ready. */
    readonly warnings?: readonly string[];
  };
  metrics(): Promise<string>;
}

/**
 * The operator's HTTP view of this host, both halves merged: the balancer's part comes from this
 * process, the agent's from its control socket. A plain balancer has no agent to ask.
 */
export async function startAdmin(
  bind: { host: string; port: number },
  source: AdminSource,
  options: { runtimeDir: string; hasAgent: boolean; log: Logger },
): Promise<{ port: number; close(): void }> {
  const server = createControlServer(adminRoutes(source, options), options.log, admitLoopback);
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const reason = error.code === 'EADDRINUSE' ? 'the port is in use' : (error.code ?? error);
      reject(new StartupError(`admin: cannot listen on ${bind.host} port ${bind.port}: ${reason}`));
    });
    server.listen(bind.port, bind.host, resolve);
  });
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : bind.port;
  return {
    port,
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}

function adminRoutes(
  source: AdminSource,
  { runtimeDir, hasAgent }: { runtimeDir: string; hasAgent: boolean },
): Routes {
  const agent = (path: string): Promise<string | null> =>
    hasAgent
      ? ask(join(runtimeDir, SOCKETS.keepalive), path).then(
          (answer) => answer.body,
          () => null,
        )
      : Promise.resolve(null);
  return {
    '/': () => text('Tandem: /health/live /health/ready /status /metrics\n'),
    '/health/live': () => text('live\n'),
    '/health/ready': (): Reply => {
      const { ready, reasons, warnings = [] } = source.readiness();
      const lines = [ready ? 'ready' : 'not ready', ...reasons, ...warnings];
      return text(`${lines.join('\n')}\n`, ready ? 200 : 503);
    },
    '/status': async () => {
      const body = await agent('/status');
      return json({ keepalive: body === null ? null : JSON.parse(body), proxy: source.status() });
    },
    '/metrics': async () => text(`${await source.metrics()}${(await agent('/metrics')) ?? ''}`),
  };
}
