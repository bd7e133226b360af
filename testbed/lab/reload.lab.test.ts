/** Reloads of a real pair: under load, refused, by signal, seen by the other host, and back again. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { judgeReloads } from '../reload/judge.ts';
import { runReloads } from '../reload/run-reload.ts';
import {
  address4,
  clientPlan,
  edgeA,
  edgeB,
  originPlans,
  virtualAddress4,
} from './address-plan.ts';
import { agentStatus } from './agent-status.ts';
import { type Host, STATE_DIR } from './host.ts';
import { Lab } from './lab.ts';
import { logged } from './log-line.ts';
import { pairedEdges } from './pair.case.ts';
import { lacks } from './requirements.ts';
import { startNodeOrigin } from './stacks/origins.ts';
import { tandem, tandemCommand } from './stacks/tandem.ts';
import { waitUntil } from './wait-until.ts';

const unable = lacks('reloads of a pair', ['tshark', 'tcpdump', 'curl'], 'root');
/** Each host's own. */
const SECRET = '/run/pair.secret';
let lab: Lab | null = null;

afterEach(async () => {
  await lab?.close();
  lab = null;
});

test.skipIf(unable)(
  'a dozen reloads of both hosts, and no client notices',
  { timeout: 240_000 },
  async () => {
    const seen = await runReloads({ reloads: 12, overMs: 9_000 }, () => {});
    expect(judgeReloads(seen)).toEqual([]);
  },
);

function configOf({ answer = 'one', remark = '' }: { answer?: string; remark?: string }): string {
  const node = (plan: typeof edgeA, priority: number) => {
    const own = address4(plan);
    return `  ${plan.name}: { address: ${own}, priority: ${priority}, pair_addresses: [${address4(plan, 'side')}] }`;
  };
  return `# ${remark}
nodes:
${node(edgeA, 200)}
${node(edgeB, 100)}
pair: { secret: 'file:${SECRET}' }
virtual_routers:
  web:
    vrid: 51
    interface: eth0
    addresses: [${virtualAddress4}/24]
    advert_interval: 100ms
    track: { proxy: true }
upstreams: { web: { servers: [{ address: "${address4(originPlans[0]!)}:80" }] } }
listeners:
  web:
    bind: ["0.0.0.0:80"]
    protocol: http
    routes:
      - { match: { path: /answer }, respond: { status: 200, body: ${answer} } }
      - { upstream: web }
proxy: { workers: 1 }
`;
}

const fileOf = (host: Host) => join(host.folder, 'tandem.yaml');

function giveSecret({ runFolder }: Host, secret: string): void {
  writeFileSync(SECRET.replace('/run', runFolder), secret, { mode: 0o600 });
}

/** A pair with this file; edge-a is Active. */
async function start(): Promise<readonly [Host, Host]> {
  lab = await Lab.create({ hosts: [...pairedEdges, originPlans[0]!, clientPlan] });
  await startNodeOrigin(lab.host(originPlans[0]!.name));
  const watch = await lab.watch(virtualAddress4, [edgeA.name, edgeB.name]);
  const hosts = [lab.host(edgeA.name), lab.host(edgeB.name)] as const;
  for (const host of hosts) {
    writeFileSync(fileOf(host), configOf({}));
    giveSecret(host, 'the first secret of the laboratory');
    host.spawn(tandemCommand(host, ['run']), { log: 'tandem' });
  }
  await watch.until((holders) => holders.join() === edgeA.name, 40_000);
  return hosts;
}

/** A command on the host, as its operator types it. */
function command(host: Host, ...words: string[]) {
  const env = { TANDEM_STATE_DIR: STATE_DIR, NO_COLOR: '1' };
  return host.attempt(tandemCommand(host, words), { env, timeoutMs: 60_000 });
}

async function answer(): Promise<string> {
  const client = lab!.host(clientPlan.name);
  const { stdout } = await client.attempt([
    'curl',
    '-s',
    '-m',
    '2',
    `http://${virtualAddress4}/answer`,
  ]);
  return stdout;
}

const sameFile = async (host: Host) => (await agentStatus(host))?.pair?.node?.sameFile;

describe.skipIf(unable)('a pair that is reloaded', { timeout: 180_000 }, () => {
  test('one host after the other: the difference in between is seen, and then gone', async () => {
    const [a, b] = await start();
    await waitUntil('both know each other', async () => (await sameFile(a)) === true, 20_000);
    writeFileSync(fileOf(b), configOf({ answer: 'two' }));
    expect(await command(b, 'reload')).toMatchObject({ status: 0 });
    await waitUntil('the difference', async () => (await sameFile(a)) === false, 20_000);
    await waitUntil('it there', async () => (await sameFile(b)) === false, 20_000);
    expect(await answer()).toBe('one');
    writeFileSync(fileOf(a), configOf({ answer: 'two' }));
    // As systemd or a person would; `tandem run` tells one half, which tells the other.
    a.signal('SIGHUP', /launcher\.js run/);
    await waitUntil('the answer of the new file', async () => (await answer()) === 'two', 20_000);
    for (const host of [a, b]) {
      await waitUntil('the same again', async () => (await sameFile(host)) === true, 20_000);
    }
    const status = await agentStatus(a);
    expect(status?.config.generation).toBe(2);
    expect(status?.routers[0]?.state).toBe('Active');
  });

  test('another secret of the pair: the agents part, meet again, and no address moves', async () => {
    const [a, b] = await start();
    const connected = async (host: Host) => (await agentStatus(host))?.pair?.connected;
    const follow = async (host: Host) => {
      giveSecret(host, 'the next secret of the laboratory');
      const done = await command(host, 'reload');
      expect(done).toMatchObject({ status: 0, stdout: expect.stringContaining('pair.secret') });
    };
    await waitUntil('they are connected', async () => (await connected(a)) === true, 20_000);
    await follow(b);
    await waitUntil('they are not', async () => (await connected(a)) === false, 20_000);
    expect(await answer()).toBe('one');
    await follow(a);
    for (const host of [a, b]) {
      await waitUntil('they are again', async () => (await connected(host)) === true, 20_000);
    }
    const { state, statistics } = (await agentStatus(a))!.routers[0]!;
    expect([state, statistics.becameActive]).toEqual(['Active', 1]);
  });

  test('a file that cannot be is refused by both halves, and the one before can be had again', async () => {
    const [a] = await start();
    await waitUntil('the first answer', async () => (await answer()) === 'one', 20_000);
    writeFileSync(
      fileOf(a),
      configOf({}).replace('bind: ["0.0.0.0:80"]', 'bind: ["0.0.0.0:99999"]'),
    );
    const refused = await command(a, 'reload');
    expect(refused.status).toBe(1);
    expect(refused.stderr).toMatch(/tandem\.yaml:\d+:\d+: listeners\.web\.bind/);
    expect(refused.stderr).toContain('nothing has changed');
    writeFileSync(fileOf(a), configOf({ answer: 'two' }));
    expect(await command(a, 'reload', '--dry-run')).toMatchObject({ status: 0 });
    expect(await answer()).toBe('one');
    expect(await command(a, 'reload')).toMatchObject({ status: 0 });
    expect(await answer()).toBe('two');
    expect(await command(a, 'rollback')).toMatchObject({ status: 0 });
    expect(await answer()).toBe('one');
    expect(readFileSync(fileOf(a), 'utf8')).toBe(configOf({}));
    const listed = JSON.parse((await command(a, 'rollback', '--list', '--json')).stdout);
    expect(listed.map(({ n }: { n: number }) => n)).toEqual([0, 1]);
  });

  test('what takes a restart is refused by one half and so by both', async () => {
    const [a] = await start();
    writeFileSync(
      fileOf(a),
      configOf({ answer: 'two' }).replace("secret' }", "secret', port: 9999 }"),
    );
    const { status, stderr } = await command(a, 'reload');
    expect(status).toBe(1);
    expect(stderr).toContain('sudo systemctl restart tandem-keepalive');
    expect(await answer()).toBe('one');
    expect(a.signal('SIGHUP', tandem.halves.keepalive)).toBe(1);
    await logged({ logFile: join(a.folder, 'tandem.log') }, /SIGHUP: the reload was refused/);
  });
});
