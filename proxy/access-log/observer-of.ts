import { randomFillSync } from 'node:crypto';
import type { HttpListenerConfig } from '../../src/config/proxy-config.ts';
import type { RequestObserver } from '../http1/request-record.ts';
import { IdSource } from '../request-id/id-source.ts';
import type { ListenerCells } from '../shared/worker-cells.ts';
import { HttpObserver } from './http-observer.ts';
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
