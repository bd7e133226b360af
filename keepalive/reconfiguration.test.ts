import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { VirtualRouterConfig } from '../src/config/agent-config.ts';
import { planReconfiguration, routerIdentity } from './reconfiguration.ts';
import { agentConfig, routerConfig } from './simulator/sim-pair.case.ts';

/** Few values each, so that equal and nearly equal routers meet. */
const router: fc.Arbitrary<VirtualRouterConfig> = fc
  .record({
    vrid: fc.integer({ min: 1, max: 4 }),
    interface: fc.constantFrom('eth0', 'eth1'),
    family: fc.constantFrom<4 | 6>(4, 6),
    version: fc.constantFrom<2 | 3>(2, 3),
    priority: fc.constantFrom(100, 200, 255),
    preempt: fc.boolean(),
    advertIntervalMs: fc.constantFrom(100, 1000),
    last: fc.uniqueArray(fc.integer({ min: 100, max: 103 }), { minLength: 1, maxLength: 3 }),
  })
  .map(({ last, ...rest }) =>
    routerConfig({
      ...rest,
      name: `r${rest.vrid}.${rest.interface}.${rest.family}`,
      addresses: last.map((n) =>
        rest.family === 4
          ? { address: `198.51.100.${n}`, prefixLength: 24 }
          : { address: `2001:db8::${n}`, prefixLength: 64 },
      ),
    }),
  );
const routers = fc.uniqueArray(router, {
  maxLength: 6,
  selector: ({ interface: name, family, vrid }) => `${name}/${family}/${vrid}`,
});
const planOf = (before: readonly VirtualRouterConfig[], after: readonly VirtualRouterConfig[]) =>
  planReconfiguration(agentConfig('a', before), agentConfig('a', after));

it('of a configuration with itself, written in another order, is nothing to do', () => {
  fc.assert(
    fc.property(routers, (list) => {
      const rewritten = [...list]
        .reverse()
        .map((one) => Object.fromEntries(Object.entries(one).reverse()) as typeof one);
      const plan = planOf(list, rewritten);
      expect(plan.unchanged).toHaveLength(list.length);
      expect([plan.added, plan.removed, plan.changed]).toEqual([[], [], []]);
    }),
  );
});

it('leads from the old routers to the new ones, each in one list', () => {
  fc.assert(
    fc.property(routers, routers, (before, after) => {
      const plan = planOf(before, after);
      const kept = [...plan.unchanged, ...plan.changed.map((change) => change.after)];
      const reached = [...kept, ...plan.added].map(routerIdentity).sort();
      expect(reached).toEqual(after.map(routerIdentity).sort());
      const old = [...plan.unchanged, ...plan.changed.map((change) => change.before)];
      const left = [...old, ...plan.removed].map(routerIdentity).sort();
      expect(left).toEqual(before.map(routerIdentity).sort());
      for (const change of plan.changed) {
        expect(routerIdentity(change.before)).toBe(routerIdentity(change.after));
        expect(change.before).not.toEqual(change.after);
      }
      for (const one of plan.unchanged) expect(before).toContainEqual(one);
    }),
  );
});

it('takes off exactly what no router of the interface has any more', () => {
  fc.assert(
    fc.property(routers, routers, (before, after) => {
      for (const change of planOf(before, after).changed) {
        const wanted = after
          .filter((other) => other.interface === change.after.interface)
          .flatMap(({ addresses }) => addresses.map(({ address }) => address));
        const retired = change.retired.map(({ address }) => address);
        for (const { address } of change.before.addresses) {
          expect(retired.includes(address)).toBe(!wanted.includes(address));
        }
        expect(change.readdressed || retired.length === 0).toBe(true);
      }
    }),
  );
});

it('turns another owner, version or VRID into another router', () => {
  const web = routerConfig();
  for (const other of [{ priority: 255 }, { version: 2 as const }, { vrid: 52 }]) {
    const plan = planOf([web], [routerConfig(other)]);
    expect([plan.removed.length, plan.added.length, plan.changed.length]).toEqual([1, 1, 0]);
  }
});
