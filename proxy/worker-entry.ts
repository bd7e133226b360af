/** The worker thread: wires the data plane to the main thread. */
import { parentPort, workerData } from 'node:worker_threads';
import { requestShortTimeSlice } from '../src/os/time-slice.ts';
import type { LineMail } from './access-log/outbox.ts';
import type { DrainList } from './draining/drains.ts';
import { featuresOf } from './features/index.ts';
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
const mail: LineMail = {
  send(destination, bytes, lines) {
    const message: WorkerReport = { kind: 'lines', destination, bytes, lines };
    port.postMessage(message, [bytes.buffer]);
  },
};
const plane = new DataPlane(setup, engine, log, mail, featuresOf, (generation) => {
  report({ kind: 'forgotten', generation });
});

function drainAddresses({ version, drains }: DrainList): void {
  plane.drainAddresses(drains, (connections) => report({ kind: 'draining', version, connections }));
}

if (setup.drains !== undefined) drainAddresses(setup.drains);
async function end(timeoutMs: number): Promise<void> {
  await plane.stopAccepting();
  report({ kind: 'deaf' });
  const cut = await plane.drain(timeoutMs);
  await plane.lastLines();
  report({ kind: 'drained', cut });
  // Nothing else keeps the thread alive now.
  engine.close();
  port.close();
}

async function obey(order: WorkerOrder): Promise<void> {
  switch (order.kind) {
    case 'servers':
      plane.replaceServers(order.changes);
      return report({ kind: 'took', serversVersion: order.version });
    case 'certificates':
      return plane.useCertificates(order.tls);
    case 'addressDrains':
      return drainAddresses(order.list);
    case 'linesTaken':
      return plane.linesTaken(order.destination);
    case 'prepare': {
      const refusal = plane.prepare(order.setup);
      return report({ kind: 'prepared', generation: order.setup.generation, refusal });
    }
    case 'apply': {
      const { generation } = order;
      if (await plane.apply(generation)) report({ kind: 'applied', generation });
      return;
    }
    case 'abandon':
      return plane.abandon(order.generation);
    case 'drain':
      return end(order.timeoutMs);
  }
}

port.on('message', obey);
report({ kind: 'ready' });
