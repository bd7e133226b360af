/** A client's TLS session outlives the host it was made on: it is resumed on the other after a takeover. */
import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, expect, test } from 'vitest';
import { address4, clientPlan, edgeA, edgeB, virtualAddress4 } from './address-plan.ts';
import type { Host, LabProcess } from './host.ts';
import { Lab } from './lab.ts';
import { tandemCommand } from './stacks/tandem.ts';
import { waitUntil } from './wait-until.ts';

let lab: Lab | null = null;

afterEach(async () => {
  await lab?.close();
  lab = null;
});

/** A key and a certificate of its own, the same on both hosts. */
async function certificate(folder: string): Promise<{ key: string; crt: string }> {
  const key = join(folder, 'site.key');
  const crt = join(folder, 'site.crt');
  await promisify(execFile)('openssl', [
    ...'req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 1'.split(' '),
    ...['-subj', '/CN=www.example.com', '-addext', 'subjectAltName=DNS:www.example.com'],
    ...['-keyout', key, '-out', crt],
  ]);
  return { key, crt };
}

function startEdge(host: Host, { key, crt }: { key: string; crt: string }): LabProcess {
  const node = (plan: typeof edgeA, priority: number) =>
    `  ${plan.name}: { address: ${address4(plan)}, priority: ${priority} }`;
  writeFileSync(
    join(host.folder, 'tandem.yaml'),
    `nodes:
${[node(edgeA, 200), node(edgeB, 100)].join('\n')}
pair: { secret: env:PAIR_SECRET }
virtual_routers:
  web: { vrid: 51, interface: eth0, addresses: [${virtualAddress4}/24], advert_interval: 100ms }
listeners:
  https:
    bind: ["0.0.0.0:443"]
    protocol: http
    tls: { certificates: [{ certificate: ${crt}, key: ${key} }] }
    routes: [{ respond: { status: 200, body: "${host.name}\\n" } }]
proxy: { workers: 2 }
`,
  );
  const env = { PAIR_SECRET: 'the secret of the laboratory' };
  return host.spawn(tandemCommand(host, ['run']), { log: 'tandem', env });
}

test.each(['-tls1_3', '-tls1_2'])(
  'openssl %s resumes on the other host what it began on the first',
  async (version) => {
    lab = await Lab.create({ hosts: [edgeA, edgeB, clientPlan] });
    const [a, b, client] = [lab.host('edge-a'), lab.host('edge-b'), lab.host('client')];
    const watch = await lab.watch(virtualAddress4, ['edge-a', 'edge-b']);
    const pair = await certificate(lab.folder);
    const first = startEdge(a, pair);
    await watch.until((holders) => holders.join() === 'edge-a', 15_000);
    startEdge(b, pair);
    const session = join(lab.folder, 'session.pem');
    const ask = async (option: string, address = virtualAddress4): Promise<string> => {
      const request = 'GET / HTTP/1.0\r\n\r\n';
      const connect = `-connect ${address}:443 -servername www.example.com -ign_eof`;
      const argv = [
        'openssl',
        's_client',
        version,
        ...connect.split(' '),
        option,
        session,
      ] as const;
      return (await client.attempt(argv, { input: request })).stdout;
    };
    const answered = (name: string, text: string) => text.includes(`\r\n\r\n${name}\n`);
    await waitUntil(
      'edge-a answers',
      async () => answered('edge-a', await ask('-sess_out')),
      15_000,
      100,
    );
    expect(await ask('-sess_in')).toContain('Reused, TLS');
    const atB = async () => answered('edge-b', await ask('-sess_in', address4(edgeB)));
    await waitUntil('edge-b answers', atB, 15_000, 100);

    first.child.kill('SIGTERM');
    await watch.until((holders) => holders.join() === 'edge-b', 10_000);
    const resumed = await ask('-sess_in');
    expect(answered('edge-b', resumed)).toBe(true);
    expect(resumed).toContain('Reused, TLS');
  },
);
