import { randomFillSync } from 'node:crypto';
import type { HttpListenerConfig, TcpListenerConfig } from '../../src/config/proxy-config.ts';
import type { RequestObserver } from '../http1/request-record.ts';
import { IdSource } from '../request-id/id-source.ts';
import type { ListenerCells } from '../shared/worker-cells.ts';
import type { SessionObserver } from '../tcp/session-record.ts';
import { HttpObserver } from './http-observer.ts';
import { SessionLog } from './session-observer.ts';
import type { WorkerLogs } from './worker-logs.ts';

/** Who follows the requests of a listener; null where its config asks for nothing of that. */
export function observerOf(
  config: HttpListenerConfig,
  parts: { readonly logs: WorkerLogs; readonly counters: ListenerCells },
): RequestObserver | null {
  const { name, accessLog, requestId, trace } = config;
  if (accessLog === null && requestId === null && trace === null) return null;
  const { logs, counters } = parts;
  return new HttpObserver({
    facts: { listener: name, worker: logs.worker },
    log:
      accessLog === null ? null : { config: accessLog, outlet: logs.outlet(accessLog, counters) },
    ids:
      requestId === null && trace === null ? null : new IdSource(requestId, trace, randomFillSync),
    now: () => performance.now(),
    wall: () => Date.now(),
  });
}

/** Who follows the sessions of a TCP listener; null where its config asks for no log. */
export function sessionObserverOf(
  { name, accessLog }: TcpListenerConfig,
  { logs, counters }: { readonly logs: WorkerLogs; readonly counters: ListenerCells },
): SessionObserver | null {
  if (accessLog === null) return null;
  return new SessionLog({
    facts: { listener: name, worker: logs.worker, protocol: 'TCP' },
    config: accessLog,
    outlet: logs.outlet(accessLog, counters),
    now: () => performance.now(),
    wall: () => Date.now(),
  });
}
