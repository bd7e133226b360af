import { expect, test } from 'vitest';
import type { BalancerReport } from '../control/balancer-report.ts';
import { balancerMetrics } from './balancer-metrics.ts';

const NOTHING = {
  version: '0.1.0',
  pid: 1,
  uptimeMs: 0,
  formerConfigs: 0,
  digest: '',
  config: { file: '/f', digest: '', appliedAt: '2026-11-23T00:00:00.000Z', generation: 1 },
  readiness: { ready: true, reasons: [], serving: true },
  listeners: [],
  upstreams: [],
  names: [],
  absentServers: [],
  limits: [],
  caches: [],
  routes: [],
  accessLogs: [],
  certificates: [],
  draining: [],
};

function worker(index: number, refusal: string | null) {
  return { index, state: 'running' as const, refusal, buffers: 3, deaths: 0, utilization: 0 };
}

test('one worker that is refused io_uring is one too many', async () => {
  const io = { io: 'uring' as const, refusal: null, alarm: false };
  const status: BalancerReport = {
    ...NOTHING,
    io,
    workers: [worker(0, null), worker(1, 'EMFILE')],
  };
  const text = await balancerMetrics(status);
  expect(text).toContain('tandem_proxy_io_uring 1');
  expect(text).toContain('tandem_proxy_io_uring_refused 1');
  expect(text).toContain('tandem_proxy_worker_io_uring{worker="0"} 1');
  expect(text).toContain('tandem_proxy_worker_io_buffers{worker="0"} 3');
  expect(text).toContain('tandem_proxy_worker_io_uring{worker="1"} 0');
});

test('a host that forbids it is no alarm to who did not ask for it by name', async () => {
  const workers = [worker(0, null)];
  const status = (alarm: boolean): BalancerReport => {
    return { ...NOTHING, io: { io: 'net', refusal: 'EPERM', alarm }, workers };
  };
  expect(await balancerMetrics(status(false))).toContain('tandem_proxy_io_uring_refused 0');
  expect(await balancerMetrics(status(true))).toContain('tandem_proxy_io_uring_refused 1');
});
