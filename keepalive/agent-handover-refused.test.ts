/** Handovers that must not be, or not be told of, and what is counted; of two whole agents. */
import { describe, expect, it } from 'vitest';
import { AGREED_MICROS, end, pairOf, READY } from './paired-agents.case.ts';
import { AgentDesk } from './peer/agent-desk.ts';
import type { PeerAnswer, PeerDesk } from './peer/peer-port.ts';
import { agentConfig, bothFamilies, routerConfig, SimPair } from './simulator/sim-pair.case.ts';

const [ms, s] = [1000, 1_000_000];

function scripted(weight: number) {
  const check = { name: 'check', command: ['/check'], intervalMs: 50, timeoutMs: 20 };
  return {
    both: { track: { proxy: false, interfaces: [], scripts: ['check'] } },
    rest: { healthScripts: [{ ...check, rise: 1, fall: 1, weight }] },
  };
}

const told = (pair: SimPair, node: 'a' | 'b', type: string) =>
  pair.events[node].filter((event) => event.type === type);

describe('a handover that was agreed', () => {
  it('is not told as given by a host that did not run meanwhile, and has to look around', async () => {
    const pair = await pairOf();
    const asked = pair.a.agent!.handover(null);
    pair.a.pause();
    await pair.run(320 * ms);
    pair.a.resume();
    await pair.run(5 * ms);
    expect((await asked)[0]).toMatchObject({ outcome: 'refused' });
    expect(told(pair, 'a', 'handover-given')).toEqual([]);
    await pair.run(2 * s);
    expect(pair.states().filter((state) => state === 'Active')).toHaveLength(1);
    end(pair);
  });

  it('is none any more when the one that fell has recovered', async () => {
    const pair = await pairOf(scripted(-150));
    pair.b.pause();
    pair.a.script = () => false;
    await pair.run(100 * ms);
    pair.a.script = () => true;
    await pair.run(100 * ms);
    pair.b.resume();
    await pair.run(s);
    expect(pair.states()).toEqual(['Active', 'Backup']);
    expect(told(pair, 'a', 'handover-given')).toEqual([]);
    end(pair);
  });

  it('counts at the host that was asked for the addresses, too', async () => {
    const pair = await pairOf();
    pair.a.lose();
    await pair.until(pair.b, 'Active', s);
    pair.startHost(pair.a);
    pair.a.setProxy(READY);
    await pair.until(pair.a, 'Active', 3 * s);
    expect(told(pair, 'b', 'handover-given')).toMatchObject([{ cause: 'preempted' }]);
    expect(pair.router(pair.b).statistics.handoversGiven).toBe(1);
    expect(pair.router(pair.a).statistics.handoversReceived).toBe(1);
    end(pair);
  });

  it('is a preemption all the same: whoever comes and goes waits longer each time', async () => {
    const pair = await pairOf(scripted(-150));
    for (let time = 0; time < 3; time++) {
      pair.a.script = () => false;
      await pair.until(pair.b, 'Active', s);
      pair.a.script = () => true;
      await pair.until(pair.a, 'Active', s);
    }
    pair.a.script = () => false;
    await pair.until(pair.b, 'Active', s);
    pair.a.script = () => true;
    await pair.run(4 * s);
    expect(pair.states()).toEqual(['Backup', 'Active']);
    await pair.until(pair.a, 'Active', 3 * s);
    end(pair);
  });
});

describe('no handover', () => {
  it('to a host at fault: from there the addresses would come straight back', async () => {
    const pair = await pairOf(scripted(0));
    pair.b.script = () => false;
    await pair.run(200 * ms);
    const asked = pair.a.agent!.handover(null);
    await pair.run(AGREED_MICROS);
    const [result] = await asked;
    expect(result).toMatchObject({ outcome: 'refused' });
    expect(result?.reason).toContain('at fault (priority 2 there, 200 here)');
    expect(pair.states()).toEqual(['Active', 'Backup']);
    end(pair);
  });

  it('to a host that is about to stop, nor does that take anything back', async () => {
    const pair = await pairOf(scripted(-150));
    pair.a.script = () => false;
    await pair.until(pair.b, 'Active', s);
    const stopped = pair.a.agent!.stop();
    pair.a.script = () => true;
    await pair.run(2 * s);
    expect(pair.states()).toEqual(['Backup', 'Active']);
    const asked = pair.b.agent!.handover(null);
    await pair.run(AGREED_MICROS);
    expect((await asked)[0]).toMatchObject({
      outcome: 'refused',
      reason: 'the agent there is about to stop',
    });
    pair.a.handover.connections.clear();
    await pair.run(3 * s);
    await stopped;
    end(pair);
  });

  it('for a fall where nobody is to preempt, and none is missed', async () => {
    const pair = await pairOf({
      ...scripted(-150),
      both: { ...scripted(-150).both, preempt: false },
    });
    pair.a.script = () => false;
    await pair.run(2 * s);
    expect(pair.states()).toEqual(['Active', 'Backup']);
    expect(pair.logged(/no agreed handover/)).toEqual([]);
    end(pair);
  });

  it('for a fall that leaves the best host the best, and none is missed', async () => {
    const pair = await pairOf(scripted(-50));
    pair.a.script = () => false;
    await pair.run(s);
    expect(pair.router(pair.a).priority.effective).toBe(150);
    expect(pair.states()).toEqual(['Active', 'Backup']);
    expect(pair.logged(/no agreed handover/)).toEqual([]);
    expect(told(pair, 'a', 'handover-refused')).toEqual([]);
    end(pair);
  });

  it('of one member of a sync group, for a peer that does not know the group', async () => {
    const both = { drainTimeoutMs: 60_000 };
    const second = {
      ...both,
      name: 'web2',
      vrid: 52,
      addresses: [{ address: '198.51.100.101', prefixLength: 24 }],
    };
    const pair = new SimPair({
      leased: true,
      paired: true,
      routers: {
        a: [
          routerConfig({ ...both, priority: 100, syncGroup: 'g' }),
          routerConfig({ ...second, priority: 100, syncGroup: 'g' }),
        ],
        b: [routerConfig({ ...both, priority: 200 }), routerConfig({ ...second, priority: 50 })],
      },
    });
    pair.startHost(pair.a);
    await pair.until(pair.a, 'Active', s);
    pair.startHost(pair.b);
    await pair.until(pair.b, 'Active', 5 * s);
    expect(told(pair, 'a', 'handover-given')).toEqual([]);
    expect(pair.logged(/web moves together with web2 here/)).not.toEqual([]);
    end(pair);
  });
});

it('what was given up as a group is this host’s again as a group, when nobody takes it', async () => {
  const both = { priority: 200, drainTimeoutMs: 60_000 };
  const peers = { priority: 100, drainTimeoutMs: 60_000 };
  const pair = await pairOf({ routers: { a: bothFamilies(both), b: bothFamilies(peers) } });
  const states = (host: SimPair['a']) => host.agent!.status().routers.map(({ state }) => state);
  pair.a.setSource(4, false);
  await pair.run(5 * ms);
  const asked = pair.a.agent!.handover(null);
  await pair.run(AGREED_MICROS);
  expect(await asked).toMatchObject([{ routers: ['web.ipv6'], outcome: 'given' }]);
  pair.b.lose();
  await pair.run(s);
  expect(states(pair.a)).toEqual(['Initialize', 'Active']);
  pair.startHost(pair.b);
  pair.b.setProxy(READY);
  await pair.run(2 * s);
  expect(states(pair.b)).toEqual(['Active', 'Active']);
  pair.a.setSource(4, true);
  await pair.run(5 * s);
  expect(states(pair.a)).toEqual(['Active', 'Active']);
  end(pair);
});

it('a router that a reload adds is on hold as the others are', async () => {
  const pair = await pairOf({ both: { priority: 100 } });
  pair.a.agent!.hold(true);
  const added = routerConfig({
    name: 'web2',
    vrid: 52,
    priority: 200,
    addresses: [{ address: '198.51.100.101', prefixLength: 24 }],
  });
  const next = (node: 'a' | 'b', priority: number) =>
    agentConfig(node, [...pair[node].config.virtualRouters, { ...added, priority }]);
  void pair.b.agent!.reconfigure(next('b', 100));
  await pair.run(2 * s);
  void pair.a.agent!.reconfigure(next('a', 200));
  await pair.run(5 * s);
  const state = (host: SimPair['a']) => host.agent!.status().routers[1]?.state;
  expect([state(pair.a), state(pair.b)]).toEqual(['Backup', 'Active']);
  pair.a.agent!.hold(false);
  await pair.run(s);
  expect([state(pair.a), state(pair.b)]).toEqual(['Active', 'Backup']);
  end(pair);
});

it('a reason of the kernel’s, of many lines, reaches the peer as one that it takes', () => {
  const handovers = {
    answer: (_question: unknown, respond: (answer: PeerAnswer) => void) =>
      respond({ type: 'handover', granted: false, reason: 'Error: no\n  ^^^^\n'.repeat(50) }),
  };
  const [none, unused] = [() => undefined, {} as never];
  const desk: PeerDesk = new AgentDesk(() => [], none, unused, handovers as never);
  const answers: PeerAnswer[] = [];
  const question = { type: 'handover', step: 'offer', id: 1, routers: ['web'] } as const;
  desk.answer({ ...question, cause: 'operator', priority: 100 }, (answer) => answers.push(answer));
  expect(answers).toHaveLength(1);
  const reason = answers[0]?.type === 'handover' ? answers[0].reason : null;
  expect(reason).toMatch(/^Error: no/);
  expect(reason).not.toMatch(/\p{Cc}/u);
  expect(reason?.length).toBeLessThanOrEqual(256);
});
