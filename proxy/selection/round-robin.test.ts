import { describe, expect, it } from 'vitest';
import { type LoadedServer, serversOf, tally } from './policy.case.ts';
import { RoundRobin } from './round-robin.ts';

function names(policy: RoundRobin<LoadedServer>, count: number): string {
  return Array.from({ length: count }, () => policy.pick([])!.address).join('');
}

describe('RoundRobin', () => {
  it('spreads a heavy server out instead of bursting', () => {
    const policy = new RoundRobin<LoadedServer>(0);
    policy.update(serversOf(5, 1, 1));
    expect(names(policy, 14)).toBe('aabacaaaabacaa');
  });

  it('divides weights by what they have in common', () => {
    const policy = new RoundRobin<LoadedServer>(0);
    policy.update(serversOf(500, 1000, 500));
    expect(names(policy, 8)).toBe('bacbbacb');
  });

  it('starts workers at different places of one rotation', () => {
    const starts = [0, 0.25, 0.5, 0.75].map((phase) => {
      const policy = new RoundRobin<LoadedServer>(phase);
      policy.update(serversOf(1, 1, 1, 1));
      return names(policy, 4);
    });
    expect(starts).toEqual(['abcd', 'bcda', 'cdab', 'dabc']);
  });

  it('counts a place in the rotation after weights were divided', () => {
    const policy = new RoundRobin<LoadedServer>(0.5);
    policy.update(serversOf(1000, 1000));
    expect(names(policy, 3)).toBe('bab');
  });

  it('is exact beyond the length of a table too', () => {
    const servers = serversOf(1000, 999, 1);
    const policy = new RoundRobin<LoadedServer>(0.5);
    policy.update(servers);
    const picks = tally(policy, 2000);
    for (const server of servers) expect(picks.get(server)).toBe(server.weight);
    const [heavy, ...others] = servers;
    expect(others).toContain(policy.pick([heavy!]));
    expect(policy.pick(servers)).toBeNull();
    expect(policy.pick([])).not.toBeNull();
  });
});
