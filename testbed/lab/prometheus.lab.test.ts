/** A real Prometheus scrapes a pair: what rules and dashboards ask for is there. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { dashboards } from '../../scripts/package/dashboards.ts';
import { makeDevCertificate } from '../../src/cli/dev-certificate.ts';
import { address4, clientPlan, originPlans, virtualAddress4 } from './address-plan.ts';
import type { Host } from './host.ts';
import { Lab } from './lab.ts';
import { agentUntil, pairedEdges } from './pair.case.ts';
import { lacks } from './requirements.ts';
import { tandemCommand } from './stacks/tandem.ts';
import { waitUntil } from './wait-until.ts';

const RULES = new URL('../../monitoring/alerts.yaml', import.meta.url).pathname;
const ORIGIN = new URL('./origin.ts', import.meta.url).pathname;
const TOKEN = 'the token of the laboratory';
const ADMIN_PORT = 9180;
const JOB = 'tandem-lab';
/** Holds a connection through the balancer open until its standard input ends. */
const HELD =
  `const s = require('node:net').connect(80, '${virtualAddress4}');` +
  "s.write('GET / HTTP/1.1\\r\\nHost: a\\r\\n\\r\\n'); s.once('data', () => console.log('answered'));" +
  "process.stdin.resume().on('end', () => s.destroy());";
/** Of Prometheus' own, and of its node exporter. */
const NOT_OURS = /^(up|node_)/;

let lab: Lab;

function config(folder: string): string {
  const [a, b] = pairedEdges;
  const node = (plan: (typeof pairedEdges)[number], priority: number) =>
    `  ${plan.name}: { address: ${address4(plan)}, priority: ${priority}, ` +
    `pair_addresses: [${address4(plan, 'side')}] }`;
  const tls = `{ certificate: ${folder}/site.pem, key: ${folder}/site.key }`;
  return `nodes:
${node(a!, 200)}
${node(b!, 100)}
pair: { secret: env:PAIR_SECRET }
virtual_routers:
  web:
    vrid: 51
    interface: eth0
    addresses: [${virtualAddress4}/24]
    advert_interval: 100ms
    drain_timeout: 60s
    track: { proxy: true, interfaces: [eth1] }
rate_limits:
  all: { key: source, rate: 1000/s }
upstreams:
  web:
    servers: [{ address: "${address4(originPlans[0]!)}:80" }]
    health_check: { http: { path: /health }, interval: 1s, timeout: 500ms, rise: 1 }
  dead: { servers: [{ address: "${address4(originPlans[0]!)}:9" }] }
listeners:
  web:
    bind: 0.0.0.0:80
    protocol: http
    access_log: { to: { file: ${folder}/access.log } }
    routes: [{ match: { path: /dead }, upstream: dead }, { upstream: web, rate_limits: [all] }]
  tls: { bind: 0.0.0.0:443, protocol: http, tls: { certificates: [${tls}] }, routes: [{ upstream: web }] }
admin:
  bind: "0.0.0.0:${ADMIN_PORT}"
  tls: ${tls}
  token: env:ADMIN_TOKEN
  allow: [${address4(clientPlan)}/32]
`;
}

function startEdge(host: Host): void {
  const { certificate, key } = makeDevCertificate(['localhost'], Date.now());
  writeFileSync(join(host.folder, 'site.pem'), certificate);
  writeFileSync(join(host.folder, 'site.key'), key);
  writeFileSync(join(host.folder, 'tandem.yaml'), config(host.folder));
  const env = { PAIR_SECRET: 'the secret of the laboratory', ADMIN_TOKEN: TOKEN };
  host.spawn(tandemCommand(host, ['run']), { log: 'tandem', env });
}

const withToken = (plan: (typeof pairedEdges)[number]) => {
  const header = `Authorization: Bearer ${TOKEN}`;
  return ['curl', '-sSkf', '-H', header, `https://${address4(plan)}:${ADMIN_PORT}/metrics`];
};

/** What an edge tells whoever has the token. */
const scrape = (plan: (typeof pairedEdges)[number]) => lab.host('client').exec(withToken(plan));

/** Names in a PromQL expression; a histogram's series go by its name. */
function metricsIn(expression: string): readonly string[] {
  const names = expression.match(/\b(tandem|node)_[a-z0-9_]+|\bup\b/g) ?? [];
  return names.map((name) => name.replace(/_bucket$/, ''));
}

const questions = dashboards.flatMap(({ panels }) =>
  panels.flatMap(({ queries }) => queries.map(([expr]) => expr)),
);
const ruleExpressions = (
  parse(readFileSync(RULES, 'utf8')) as { readonly groups: readonly { readonly rules: Rule[] }[] }
).groups.flatMap(({ rules }) => rules.map(({ expr }) => expr));

describe.skipIf(lacks('Prometheus', ['prometheus', 'promtool', 'curl']))('Prometheus', () => {
  beforeAll(async () => {
    lab = await Lab.create({ hosts: [...pairedEdges, originPlans[0]!, clientPlan] });
    lab.host(originPlans[0]!.name).spawn([process.execPath, ORIGIN, 'origin'], { log: 'origin' });
    for (const { name } of pairedEdges) startEdge(lab.host(name));
    await agentUntil(lab.host('edge-a'), 'is Active beside its peer', ({ routers, pair }) => {
      const drains = pair?.node?.report?.routers[0]?.handover !== undefined;
      return routers[0]?.state === 'Active' && drains;
    });
    const client = lab.host('client');
    const asks = () => client.attempt(['curl', '-sf', `http://${virtualAddress4}/`]);
    await waitUntil('it serves', async () => (await asks()).status === 0, 15_000, 50);
    await client.exec(['curl', '-skf', `https://${virtualAddress4}/`]);
    await client.exec(['curl', '-s', `http://${virtualAddress4}/dead`]);
    const held = client.spawn([process.execPath, '-e', HELD], { streams: 'pipe', log: 'held' });
    await new Promise((resolve) => held.child.stdout!.once('data', resolve));
    const edgeA = lab.host('edge-a');
    // The other one's balancer may still be starting.
    const given = () => edgeA.attempt(tandemCommand(edgeA, ['handover', '--no-wait']));
    await waitUntil('edge-b takes them', async () => (await given()).status === 0, 15_000, 200);
  });
  afterAll(() => lab.close());

  test('every metric that a rule or a dashboard names is there', async () => {
    const named = new Set([...questions, ...ruleExpressions].flatMap(metricsIn));
    let missing: readonly string[] = [];
    const found = async () => {
      const texts = await Promise.all(pairedEdges.map(scrape));
      const known = new Set(
        texts
          .join('')
          .match(/^# TYPE \S+/gm)
          ?.map((line) => line.slice(7)),
      );
      missing = [...named].filter((name) => !NOT_OURS.test(name) && !known.has(name));
      return missing.length === 0;
    };
    // Connections that drain are counted once a second.
    await waitUntil('every metric is there', found, 10_000, 200).catch(() => {});
    expect(missing).toEqual([]);
  });

  test('the admin listener hangs up on who is not in `allow`, with the right token', async () => {
    const origin = lab.host(originPlans[0]!.name);
    const { status, stdout } = await origin.attempt(withToken(pairedEdges[0]!));
    expect([status, stdout]).toEqual([expect.toSatisfy((code) => code === 35 || code === 56), '']);
    const log = readFileSync(join(lab.host('edge-a').folder, 'tandem.log'), 'utf8');
    expect(log).toContain(`admin: refused ${address4(originPlans[0]!)}`);
  });

  test('the metrics are well formed', async () => {
    const input = await scrape(pairedEdges[0]!);
    const { stderr, stdout } = await lab
      .host('client')
      .attempt(['promtool', 'check', 'metrics'], { input });
    expect(stdout + stderr).toBe('');
  });

  test('Prometheus scrapes both hosts, and the dashboards have series to draw', async () => {
    const client = lab.host('client');
    const targets = pairedEdges.map((plan) => `"${address4(plan)}:${ADMIN_PORT}"`).join(', ');
    const file = join(client.folder, 'prometheus.yaml');
    writeFileSync(
      file,
      `global: { scrape_interval: 1s, evaluation_interval: 1s }
rule_files: [${RULES}]
scrape_configs:
  - job_name: ${JOB}
    scheme: https
    tls_config: { insecure_skip_verify: true }
    authorization: { credentials: ${TOKEN} }
    static_configs: [{ targets: [${targets}] }]
`,
    );
    const storage = `--storage.tsdb.path=${join(client.folder, 'prometheus')}`;
    const server = client.spawn(
      ['prometheus', `--config.file=${file}`, storage, '--web.listen-address=127.0.0.1:9090'],
      { log: 'prometheus' },
    );
    const ask = async (expression: string): Promise<{ status: string; data: Answer }> => {
      const argument = `query=${expression}`;
      const url = 'http://127.0.0.1:9090/api/v1/query';
      const answer = await client.attempt(['curl', '-sG', '--data-urlencode', argument, url]);
      return JSON.parse(answer.stdout || '{"status":"none"}');
    };
    const twice = `min_over_time(up{job="${JOB}"}[3s]) == 1 and count_over_time(up{job="${JOB}"}[1m]) > 3`;
    await waitUntil(
      'it has scraped both',
      async () => (await ask(twice)).data?.result.length === 2,
      30_000,
      200,
    ).catch((error: Error) => {
      throw new Error(`${error.message}\n${client.logTail('prometheus')}`);
    });
    const empty: string[] = [];
    for (const question of questions) {
      const expression = question.replaceAll('$job', JOB).replaceAll('$__rate_interval', '10s');
      const { status, data } = await ask(expression);
      expect(status, expression).toBe('success');
      if (data.result.length === 0) empty.push(question);
    }
    expect(empty).toEqual([]);
    const firing = await ask('ALERTS{alertstate="firing"}');
    expect(firing.data.result.map(({ metric }) => metric.alertname)).toEqual([]);
    await server.stop();
  });
});

interface Rule {
  readonly expr: string;
}

interface Answer {
  readonly result: readonly { readonly metric: Readonly<Record<string, string>> }[];
}
