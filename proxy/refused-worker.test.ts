import { expect, it } from 'vitest';
import { Balancer } from './balancer.ts';
import { proxyConfig, SILENT_LOG, upstreamConfig } from './data-plane.fixture.ts';
import { uringRefusal } from './io/uring/detect.ts';

const refusal = uringRefusal();
const unless = refusal === null ? '' : `, not here: ${refusal}`;

it.skipIf(refusal !== null)(
  `a worker that is refused its own ring is seen in log, status and readiness${unless}`,
  async () => {
    const warnings: string[] = [];
    const log = {
      ...SILENT_LOG,
      warn: (_: object, message: string) => void warnings.push(message),
    };
    const config = { ...proxyConfig(upstreamConfig([9])), workers: 2, io: 'uring' } as const;
    const entry = new URL('./refused-worker.fixture.ts', import.meta.url);
    const balancer = new Balancer(config, { log: { ...log, child: () => log } }, entry);
    await balancer.started;
    const said = 'worker 1 is refused io_uring and serves over node:net: no file descriptor left';
    expect(warnings).toContain(said);
    const status = balancer.status();
    expect(status.io).toEqual({ io: 'uring', refusal: null, alarm: false });
    expect(status.workers.map((worker) => worker.refusal)).toEqual([
      null,
      'no file descriptor left',
    ]);
    expect(status.readiness.warnings).toEqual([said]);
    await balancer.stop();
  },
);
