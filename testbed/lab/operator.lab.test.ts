/** What an operator types to move addresses by hand, on a pair of agents with real connections. */
import { once } from 'node:events';
import { createInterface, type Interface } from 'node:readline';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { clientPlan, virtualAddress4 } from './address-plan.ts';
import type { Host, LabProcess } from './host.ts';
import { Lab } from './lab.ts';
import { agentUntil, pairedEdges, startPaired } from './pair.case.ts';
import { tandemCommand } from './stacks/tandem.ts';
import { waitUntil } from './wait-until.ts';

const ORIGIN = new URL('./origin.ts', import.meta.url).pathname;
const PORT = 7;
/** Sends each line of its standard input over one TCP connection, and prints what comes back. */
const LINE_CLIENT =
  `const s = require('node:net').connect(${PORT}, '${virtualAddress4}');` +
  'process.stdin.pipe(s).pipe(process.stdout); s.on("error", (e) => console.log(e.code));';

let lab: Lab;
let agents: Map<string, LabProcess>;

/** A client's connection to the address, and who answers on it. */
class Line {
  readonly #process: LabProcess;
  readonly #lines: Interface;

  constructor(host: Host) {
    this.#process = host.spawn([process.execPath, '-e', LINE_CLIENT], {
      streams: 'pipe',
      log: 'line',
    });
    this.#lines = createInterface({ input: this.#process.child.stdout! });
  }

  async ask(): Promise<string> {
    const answered = once(this.#lines, 'line');
    this.#process.child.stdin!.write('hello\n');
    return (await answered)[0];
  }

  async close(): Promise<void> {
    this.#process.child.stdin!.end();
    await this.#process.exited;
  }
}

/** edge-a is Active; both hosts serve the port on the wildcard address. */
beforeEach(async () => {
  lab = await Lab.create({ hosts: [...pairedEdges, clientPlan] });
  agents = new Map();
  for (const { name } of pairedEdges) {
    const host = lab.host(name);
    host.spawn([process.execPath, ORIGIN, name, '80', `${PORT}`], { log: 'origin' });
    agents.set(name, startPaired(host));
    const serves = async () => host.logTail('origin').includes('listening');
    await waitUntil(`${name} serves`, serves, 10_000, 50);
    const state = name === 'edge-a' ? 'Active' : 'Backup';
    await agentUntil(host, `is ${state}`, ({ routers }) => routers[0]?.state === state);
  }
  await agentUntil(lab.host('edge-a'), 'knows its peer', ({ pair }) => {
    return pair?.node?.report?.routers[0]?.handover !== undefined;
  });
});
afterEach(() => lab.close());

/** A command of Tandem, typed on the host. */
async function typed(host: string, ...command: string[]) {
  const { status, stdout, stderr } = await lab
    .host(host)
    .attempt(tandemCommand(lab.host(host), command), { timeoutMs: 30_000 });
  return { status, text: stdout + stderr };
}

test('addresses are given away by hand, watched until they are drained, and left there', async () => {
  const line = new Line(lab.host('client'));
  expect(await line.ask()).toBe('edge-a hello');
  expect(await typed('edge-b', 'handover')).toEqual({
    status: 1,
    text: 'web is Backup here; edge-a is Active: run it there\n',
  });
  expect(await typed('edge-a', 'handover', 'www')).toMatchObject({ status: 2 });

  const watching = lab.host('edge-a').spawn(tandemCommand(lab.host('edge-a'), ['handover']), {
    log: 'handover',
  });
  const told = () => lab.host('edge-a').logTail('handover');
  await waitUntil('progress is told', async () => /connections? left/.test(told()), 15_000, 50);
  watching.child.kill('SIGINT');
  expect(await watching.exited).toBe(1);
  expect(told()).toMatch(/^web: given to edge-b; its connections go on here\n1 connection left/);
  expect(told()).toContain('not waiting any more; the drain goes on: 1 connection left');

  expect(await line.ask()).toBe('edge-a hello');
  const later = new Line(lab.host('client'));
  expect(await later.ask()).toBe('edge-b hello');
  const { text: drains } = await typed('edge-a', 'status');
  expect(drains).toMatch(/ Draining .*\n {2}web: draining for /);
  expect(drains).not.toContain('does not tell');
  expect((await typed('edge-b', 'status')).text).toMatch(
    /passes strangers' packets to edge-a \(198\.51\.100\.11\): [1-9][0-9,]* packets/,
  );

  const again = typed('edge-a', 'handover');
  await line.close();
  const { status, text } = await again;
  expect([status, text]).toEqual([0, expect.stringContaining('web: drained: its last connection')]);
  expect(await later.ask()).toBe('edge-b hello');

  expect(await typed('edge-a', 'hold', '--release')).toMatchObject({
    status: 0,
    text: expect.stringContaining('web: may be taken back from now on'),
  });
  const isBack = () =>
    agentUntil(lab.host('edge-a'), 'is Active again', ({ routers }) => {
      return routers[0]?.state === 'Active';
    });
  await isBack();
  expect(await later.ask()).toBe('edge-b hello');
});

test('a hold keeps a better host from taking over, and outlives a killed agent', async () => {
  expect(await typed('edge-b', 'hold')).toMatchObject({ status: 0 });
  expect(await typed('edge-a', 'handover', '--no-wait')).toMatchObject({ status: 0 });
  const b = lab.host('edge-b');
  await agentUntil(b, 'is Active', ({ routers }) => routers[0]?.state === 'Active');

  const killed = agents.get('edge-b')!;
  killed.child.kill('SIGKILL');
  await killed.exited;
  // Held or not, a host that fails is replaced.
  await agentUntil(lab.host('edge-a'), 'replaces it', ({ routers }) => {
    return routers[0]?.state === 'Active';
  });
  agents.set('edge-b', startPaired(b));
  const { hold } = await agentUntil(b, 'is back', ({ routers }) => routers[0]?.state === 'Backup');
  expect(hold).toMatchObject({ own: true });
  await waitUntil(
    'the log tells',
    async () => b.logTail('tandem', 100).includes('on hold'),
    5_000,
    50,
  );
  expect((await typed('edge-a', 'status')).text).toContain('edge-b is on hold');
  expect(await typed('edge-b', 'hold', '--release')).toMatchObject({ status: 0 });
  await agentUntil(b, 'is released', (status) => !status.hold.own);
});

test('without the other agent nothing is given away, and it is said how to do it all the same', async () => {
  await agents.get('edge-b')!.stop();
  const gone = ({ pair }: { pair: { connected: boolean } | null }) => pair?.connected === false;
  await agentUntil(lab.host('edge-a'), 'misses its peer', gone);
  const { status, text } = await typed('edge-a', 'handover');
  expect(status).toBe(1);
  expect(text).toContain('web: refused: the agents are not connected (edge-b)');
  expect(text).toContain('to move it all the same, stop the agent here');
  expect((await typed('edge-a', 'status')).text).toContain(
    'a planned switch breaks every connection while the agents are not connected',
  );
});

test('the agent that has the addresses is killed: what drains at the other host is not reset', async () => {
  const b = lab.host('edge-b');
  await agents.get('edge-b')!.stop();
  const env = { PAIR_SECRET: 'the secret of the laboratory' };
  const supervisor = b.spawn(tandemCommand(b, ['run']), { log: 'run', env });
  const isThere = () =>
    agentUntil(lab.host('edge-a'), 'hears its peer', ({ pair }) => {
      return pair?.connected === true && pair.node?.report?.routers[0]?.state === 'Backup';
    });
  await isThere();
  const line = new Line(lab.host('client'));
  expect(await line.ask()).toBe('edge-a hello');
  expect(await typed('edge-a', 'handover', '--no-wait')).toMatchObject({ status: 0 });
  expect(await line.ask()).toBe('edge-a hello');

  const childPid = /"childPid":(\d+)/.exec(b.logTail('run', 100))?.[1];
  process.kill(Number(childPid), 'SIGKILL');
  const heard = new Set<string>();
  let replaced = false;
  const isReplaced = agentUntil(lab.host('edge-a'), 'replaces it', ({ routers }) => {
    return routers[0]?.state === 'Active';
  }).then(() => {
    replaced = true;
  });
  while (!replaced && heard.size < 2) heard.add(await line.ask());
  await isReplaced;
  expect([...heard]).toEqual(['edge-a hello']);
  await line.close();
  await supervisor.stop();
});
