import { describe } from 'vitest';
import type { PolicyName } from '../../src/config/proxy-config.ts';
import { createPolicy, POLICIES } from './index.ts';
import { policySuite } from './policy.case.ts';

for (const name of Object.keys(POLICIES) as PolicyName[]) {
  for (const phase of [0, 0.5, 0.99]) {
    describe(`${name}, phase ${phase}`, () => policySuite(() => createPolicy(name, phase)));
  }
}
