import { expect, it } from 'vitest';
import { First } from './first.ts';
import { type LoadedServer, serversOf } from './policy.case.ts';

it('asks servers in their order, whatever their weight and load', () => {
  const servers = serversOf(1, 5, 3) as [LoadedServer, LoadedServer, LoadedServer];
  servers[0].load = 1000;
  const policy = new First<LoadedServer>();
  policy.update(servers);
  for (let pick = 0; pick < 10; pick++) expect(policy.pick([])).toBe(servers[0]);
  expect(policy.pick([servers[0]])).toBe(servers[1]);
  expect(policy.pick([servers[1], servers[0]])).toBe(servers[2]);
});
