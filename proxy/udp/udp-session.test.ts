import fc from 'fast-check';
import { expect, it } from 'vitest';
import { SILENT_LOG } from '../data-plane.fixture.ts';
import { FailureLog } from '../frontend/failure-log.ts';
import type { ChannelHandler, DatagramEngine, DatagramPort } from '../io/datagrams.ts';
import { DeadlineQueue } from '../io/deadline-queue.ts';
import { ListenerCells, WorkerCells } from '../shared/worker-cells.ts';
import { ServerRegistry } from '../upstream/registry.ts';
import { serversOf, stateOf, upstreamOf } from '../upstream/upstream.fixture.ts';
import { Upstream } from '../upstream/upstream.ts';
import { UdpSession } from './udp-session.ts';

/** Channels of an engine whose kernel does what the test says. */
class Channels implements DatagramEngine {
  readonly open = new Set<ChannelHandler>();
  opened = 0;
  connectFailure: string | null = null;
  sendFailure: string | null = null;

  bind(): DatagramPort {
    throw new Error('nothing is bound here');
  }

  connect(_host: string, _port: number, handler: ChannelHandler) {
    if (this.connectFailure !== null) return this.connectFailure;
    this.opened++;
    this.open.add(handler);
    return {
      send: () => this.sendFailure,
      close: () => {
        expect(this.open.delete(handler)).toBe(true);
        this.opened--;
      },
    };
  }

  addressOf(): string {
    return '';
  }

  ownAddressOf(): string {
    return '';
  }
}

const FAILURES = [null, 'ECONNREFUSED', 'ENETUNREACH', 'EAGAIN', 'EMFILE', 'EMSGSIZE'];

function setUp(responses: number | null) {
  const state = stateOf(1);
  const registry = new ServerRegistry(state);
  const config = upstreamOf(serversOf({}, {}, {}), { healthCheck: null });
  const slots = registry.assign([config]);
  const cells = new WorkerCells(state, 0);
  const upstream = new Upstream(config, cells, slots);
  const datagrams = new Channels();
  const deadlines = new DeadlineQueue(() => 0);
  let forgotten = 0;
  const context = {
    datagrams,
    deadlines,
    upstream,
    counters: new ListenerCells(cells, 0),
    failures: new FailureLog(SILENT_LOG, () => 0),
    responses,
    silenceMs: 1000,
    draining: false,
    forget: () => {
      forgotten++;
    },
  };
  const port = { send: () => true, readQueued() {}, close() {} };
  const path = { peer: new Uint8Array(16) };
  const session = new UdpSession(context, port, 'flow', path, 0);
  const inFlight = () => upstream.servers.map((server) => server.inFlight());
  return { session, datagrams, deadlines, inFlight, forgotten: () => forgotten };
}

it('holds one place at one server at most, and gives everything back, whatever happens', () => {
  const step = fc.oneof(
    fc.record({ what: fc.constant('forward' as const), send: fc.constantFrom(...FAILURES) }),
    fc.record({ what: fc.constant('connect' as const), send: fc.constantFrom(...FAILURES) }),
    fc.record({ what: fc.constant('error' as const), send: fc.constantFrom(...FAILURES) }),
    fc.record({ what: fc.constant('answer' as const), send: fc.constant(null) }),
  );
  const responses = fc.constantFrom(null, 0, 1, 2);
  fc.assert(
    fc.property(responses, fc.array(step, { maxLength: 30 }), (expected, steps) => {
      const { session, datagrams, deadlines, inFlight, forgotten } = setUp(expected);
      for (const { what, send } of steps) {
        if (forgotten() > 0) break;
        const [channel] = datagrams.open;
        if (what === 'connect') datagrams.connectFailure = send;
        if (what === 'error' && send !== null) channel?.onError(send);
        if (what === 'answer') channel?.onAnswer(Buffer.from('a'));
        if (what === 'forward') {
          datagrams.sendFailure = send;
          session.forward(Buffer.from('q'));
        }
        const held = inFlight().reduce((sum, one) => sum + one, 0);
        expect(held).toBe(datagrams.opened);
        expect(held).toBeLessThanOrEqual(1);
      }
      session.end();
      session.end();
      expect(forgotten()).toBe(1);
      expect(datagrams.opened).toBe(0);
      expect(inFlight()).toEqual([0, 0, 0]);
      deadlines.stop();
    }),
  );
});
