/** The worker thread: wires the data plane to the main thread. */
import { parentPort, workerData } from 'node:worker_threads';
import { requestShortTimeSlice } from '../src/os/time-slice.ts';
import type { DrainList } from './draining/drains.ts';
import { createEngine } from './io/choose-engine.ts';
import type { Logger } from './ports.ts';
import { warmUp } from './rehearsal/warm-up.ts';
import { DataPlane } from './worker.ts';
import type { LogLevel, WorkerOrder, WorkerReport, WorkerSetup } from './worker-messages.ts';

const port = parentPort!;
const setup = workerData as WorkerSetup;

function report(message: WorkerReport): void {
  port.postMessage(message);
}

function loggerWith(fixed: object): Logger {
  const at = (level: LogLevel) => (fields: object, message: string) => {
    report({ kind: 'log', level, fields: { ...fixed, ...fields }, message });
  };
  return {
    debug: at('debug'),
    info: at('info'),
    warn: at('warn'),
    error: at('error'),
    child: (fields) => loggerWith({ ...fixed, ...fields }),
  };
}

// Which worker it is says the main thread.
const log = loggerWith({});
// What else has to run on this core should not keep a request waiting, V8's compiler among it.
if (!requestShortTimeSlice()) log.debug({}, 'the kernel gives the worker no short time slice');
const engine = createEngine(setup.io, setup.descriptors ?? null, (why) => {
  report({ kind: 'refused', why });
});
if (setup.warmUp) {
  // A worker that could not rehearse serves all the same.
  await warmUp(engine, setup).catch((error: unknown) => {
    log.warn({ error: String(error) }, 'the worker could not warm up');
  });
}
const plane = new DataPlane(setup, engine, log, {
  send(destination, bytes, lines) {
    const message: WorkerReport = { kind: 'lines', destination, bytes, lines };
    port.postMessage(message, [bytes.buffer]);
  },
});

function drainAddresses({ version, drains }: DrainList): void {
  plane.drainAddresses(drains, (connections) => report({ kind: 'draining', version, connections }));
}

if (setup.drains !== undefined) drainAddresses(setup.drains);
port.on('message', async (order: WorkerOrder) => {
  if (order.kind === 'servers') {
    plane.replaceServers(order.changes);
    report({ kind: 'took', serversVersion: order.version });
    return;
  }
  if (order.kind === 'certificates') {
    plane.useCertificates(order.tls);
    return;
  }
  if (order.kind === 'addressDrains') {
    drainAddresses(order.list);
    return;
  }
  if (order.kind === 'linesTaken') {
    plane.linesTaken(order.destination);
    return;
  }
  if (order.kind !== 'drain') return;
  await plane.stopAccepting();
  report({ kind: 'deaf' });
  const cut = await plane.drain(order.timeoutMs);
  await plane.lastLines();
  report({ kind: 'drained', cut });
  // Nothing else keeps the thread alive now.
  engine.close();
  port.close();
});
report({ kind: 'ready' });
