import { expect, it } from 'vitest';
import type { AgentPorts } from '../ports.ts';
import type { RouterDriver } from '../router-driver.ts';
import type { SecondChancePort } from './handover-ports.ts';
import { SecondChances } from './second-chances.ts';

const router = (family: 4 | 6, drainMicros = 1) =>
  ({ config: { family }, state: { parameters: { drainMicros } } }) as unknown as RouterDriver;

/** Rehearsed for these routers on a kernel that has no IPv6; what was rehearsed and said. */
function rehearsed(...routers: RouterDriver[]) {
  const families: number[] = [];
  const said: string[] = [];
  const secondChances = {
    rehearse(family) {
      families.push(family);
      if (family === 6) throw new Error('nftables: Error: No such file\nadd rule ...');
    },
  } as Partial<SecondChancePort>;
  const log = { warn: (_: object, text: string) => said.push(text) };
  const ports = { log, secondChances } as unknown as AgentPorts;
  const chances = new SecondChances({ ports, limiter: {} as never, routers: () => routers });
  chances.rehearse();
  return { families, said, obstacles: routers.map((one) => chances.obstacle(one)) };
}

it('rehearses each family that may be handed over once, and says which cannot be', () => {
  expect(rehearsed(router(6), router(4), router(6))).toEqual({
    families: [6, 4],
    said: [expect.stringContaining('cannot pass IPv6 packets on')],
    obstacles: ['nftables: Error: No such file', null, 'nftables: Error: No such file'],
  });
});

it('has nothing to rehearse where nothing is handed over', () => {
  expect(rehearsed(router(6, 0))).toEqual({ families: [], said: [], obstacles: [null] });
});
