/** The dashboard of a real pair in a real browser: seen, clicked, and what comes of it. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { makeDevCertificate } from '../../src/cli/dev-certificate.ts';
import { address4, clientPlan, originPlans, virtualAddress4 } from './address-plan.ts';
import { browserProgram, startBrowser } from './browser.ts';
import type { Host, LabProcess } from './host.ts';
import { Lab } from './lab.ts';
import { agentUntil, pairedEdges } from './pair.case.ts';
import { lacks } from './requirements.ts';
import { tandemCommand } from './stacks/tandem.ts';
import { waitUntil } from './wait-until.ts';

const ORIGIN = new URL('./origin.ts', import.meta.url).pathname;
const REPORTS = new URL('../../reports/', import.meta.url).pathname;
const AXE = createRequire(import.meta.url).resolve('axe-core/axe.min.js');
const ADMIN_PORT = 9180;
const READER = 'the token of the monitoring';
const OPERATOR = 'the token of the operator';
/** Asks the virtual address again and again; now and then for what there is not. */
const TRAFFIC = `
  let n = 0;
  const ask = async () => {
    const path = ++n % 25 === 0 ? '/bytes/x' : n % 10 === 0 ? '/slow/30' : '/';
    await fetch('http://${virtualAddress4}' + path).then((r) => r.text()).catch(() => {});
    setTimeout(ask, 20);
  };
  for (let i = 0; i < 4; i++) ask();`;

let lab: Lab;
let browser: Browser;
let context: BrowserContext;
let page: Page;
let edgeA: LabProcess;
/** What must not be there: errors of the console, requests to others. */
const complaints: string[] = [];
const origins = originPlans.slice(0, 2);
const drained = `${address4(origins[1]!)}:80`;

function config(folder: string): string {
  const node = (plan: (typeof pairedEdges)[number], priority: number) =>
    `  ${plan.name}: { address: ${address4(plan)}, priority: ${priority}, ` +
    `pair_addresses: [${address4(plan, 'side')}] }`;
  const servers = origins.map((plan) => `{ address: "${address4(plan)}:80" }`).join(', ');
  const nowhere = `{ address: "${address4(origins[0]!)}:9" }`;
  return `nodes:
${node(pairedEdges[0]!, 200)}
${node(pairedEdges[1]!, 100)}
pair: { secret: env:PAIR_SECRET }
virtual_routers:
  web:
    vrid: 51
    interface: eth0
    addresses: [${virtualAddress4}/24]
    advert_interval: 100ms
    drain_timeout: 60s
    track: { proxy: true, interfaces: [eth1] }
upstreams:
  web:
    servers: [${servers}]
    health_check: { http: { path: /health }, interval: 1s, timeout: 500ms, rise: 1 }
  legacy:
    servers: [${nowhere}]
    health_check: { http: { path: /health }, interval: 1s, timeout: 500ms, fall: 1 }
listeners:
  web:
    bind: 0.0.0.0:80
    protocol: http
    routes: [{ match: { path: /legacy }, upstream: legacy }, { upstream: web }]
admin:
  bind: "0.0.0.0:${ADMIN_PORT}"
  tls: { certificate: ${folder}/site.pem, key: ${folder}/site.key }
  token: env:ADMIN_TOKEN
  operator_token: env:OPERATOR_TOKEN
`;
}

function startEdge(host: Host): LabProcess {
  const { certificate, key } = makeDevCertificate(['localhost'], Date.now());
  writeFileSync(join(host.folder, 'site.pem'), certificate);
  writeFileSync(join(host.folder, 'site.key'), key);
  writeFileSync(join(host.folder, 'tandem.yaml'), config(host.folder));
  const secrets = { ADMIN_TOKEN: READER, OPERATOR_TOKEN: OPERATOR };
  const env = { PAIR_SECRET: 'the secret of the laboratory', ...secrets };
  return host.spawn(tandemCommand(host, ['run']), { log: 'tandem', env });
}

const site = `https://${address4(pairedEdges[0]!)}:${ADMIN_PORT}`;

/** Names of the origins that answer so many requests. */
async function answering(requests: number): Promise<readonly string[]> {
  const url = `http://${virtualAddress4}/?[1-${requests}]`;
  const text = await lab.host('client').exec(['curl', '-s', '-w', '\\n', url]);
  return [...new Set(text.trim().split('\n'))].sort();
}

async function signIn(token: string): Promise<void> {
  await page.getByLabel('Token of the admin listener').fill(token);
  await page.getByRole('dialog').getByRole('button', { name: 'Sign in' }).click();
}

const role = (host: string) => page.locator(`.role[data-host="${host}"]`);
const row = (server: string) => page.locator('tr', { hasText: server });
const changes = () => page.locator('.changes li').count();

async function confirmed(button: string, question: RegExp): Promise<void> {
  const dialog = page.getByRole('dialog');
  await expect.poll(() => dialog.innerText()).toMatch(question);
  await dialog.getByRole('button', { name: button }).click();
}

async function shot(name: string, width: number, colorScheme: 'light' | 'dark'): Promise<void> {
  await page.emulateMedia({ colorScheme });
  await page.setViewportSize({ width, height: 900 });
  await page.screenshot({ path: join(REPORTS, `dashboard-${name}.png`), fullPage: true });
}

/** How far the page is wider than the screen, pixels. */
const overflow = () =>
  page.evaluate('document.documentElement.scrollWidth - document.documentElement.clientWidth');

describe.skipIf(lacks('The dashboard', [browserProgram, 'curl']))('the dashboard', () => {
  beforeAll(async () => {
    mkdirSync(REPORTS, { recursive: true });
    lab = await Lab.create({ hosts: [...pairedEdges, ...origins, clientPlan] });
    for (const { name } of origins) {
      lab.host(name).spawn([process.execPath, ORIGIN, name], { log: 'origin' });
    }
    edgeA = startEdge(lab.host('edge-a'));
    startEdge(lab.host('edge-b'));
    await agentUntil(lab.host('edge-a'), 'is Active beside its peer', ({ routers, pair }) => {
      const drains = pair?.node?.report?.routers[0]?.handover !== undefined;
      return routers[0]?.state === 'Active' && drains;
    });
    await waitUntil('both origins answer', async () => (await answering(6)).length === 2, 15_000);
    lab.host('client').spawn([process.execPath, '-e', TRAFFIC], { log: 'traffic' });
    browser = await startBrowser(lab.host('client'));
    context = await browser.newContext({ ignoreHTTPSErrors: true });
    page = await context.newPage();
    page.setDefaultTimeout(15_000);
    page.on('console', (message) => {
      // The browser's own words for an answer that the page expects.
      const isExpected = /status of 40[13]/.test(message.text());
      if (message.type() === 'error' && !isExpected) complaints.push(message.text());
    });
    page.on('pageerror', (error) => complaints.push(error.message));
    page.on('request', (request) => {
      if (!request.url().startsWith(`${site}/`)) complaints.push(`asks ${request.url()}`);
    });
  });
  afterAll(async () => {
    await browser?.close();
    await lab?.close();
  });

  test('nothing is shown without a token, and a wrong one is told', async () => {
    await page.goto(`${site}/`);
    expect(page.url()).toBe(`${site}/dashboard`);
    await expect.poll(() => page.getByRole('dialog').innerText()).toMatch(/asks for a token/);
    expect(await page.locator('main').innerText()).not.toContain('edge-b');
    await signIn('a guess');
    await expect.poll(() => page.getByRole('dialog').innerText()).toMatch(/was refused/);
  });

  test('who may read sees everything, and has no button to order with', async () => {
    await signIn(READER);
    await expect.poll(() => role('edge-a').innerText()).toContain('Active');
    await expect.poll(() => role('edge-b').innerText()).toContain('Backup');
    expect(await role('edge-a').innerText()).toMatch(/200[\s\S]*interface eth1/);
    await expect.poll(() => row(drained).innerText()).toMatch(/up/);
    expect(await page.locator('main').innerText()).toMatch(/legacy/);
    expect(await page.locator('button[data-order]').count()).toBe(0);
    await page.getByRole('button', { name: 'Sign in' }).first().click();
    await signIn(OPERATOR);
    await page.getByRole('button', { name: `Drain ${drained} of web`, exact: true }).waitFor();
  });

  test('numbers and plots are of the traffic that there is', async () => {
    const latency = page.getByRole('img', { name: /^Latency of the last/ });
    await expect
      .poll(() => latency.getAttribute('aria-label'), { timeout: 15_000 })
      .toMatch(/p50 [\d.]+ ms, p99 [\d.]+ ms/);
    const requests = page.getByRole('img', { name: /^Requests of the last/ });
    expect(await requests.getAttribute('aria-label')).toMatch(/requests [1-9][\d.]* \/s/);
    const drawn = () => requests.locator('path').getAttribute('d');
    await expect.poll(drawn, { timeout: 15_000 }).toMatch(/^M.*L/);
    await expect.poll(() => row(drained).innerText()).toMatch(/\d\.\d|[1-9]\d/);
  });

  test('a server is drained and used again with two clicks each', async () => {
    await page.getByRole('button', { name: `Drain ${drained} of web`, exact: true }).click();
    await confirmed('Cancel', /gets no new work/);
    expect(await answering(10)).toEqual(['origin-1', 'origin-2']);
    await page.getByRole('button', { name: `Drain ${drained} of web`, exact: true }).click();
    await confirmed('Drain', /1 other server of web takes/);
    await expect.poll(() => row(drained).innerText()).toMatch(/drained|draining/);
    expect(await page.locator('#outcome').innerText()).toContain('gets no new work');
    expect(await answering(30)).toEqual(['origin-1']);
    const log = readFileSync(join(lab.host('edge-a').folder, 'tandem.log'), 'utf8');
    expect(log).toMatch(new RegExp(`admin: ${address4(clientPlan)} orders /servers.*: done`));
    await page.getByRole('button', { name: `Undrain ${drained}` }).click();
    await confirmed('Undrain', /gets new work again/);
    await page.getByRole('button', { name: `Drain ${drained} of web`, exact: true }).waitFor();
    expect(await answering(30)).toEqual(['origin-1', 'origin-2']);
  });

  test('the addresses are handed over, and come back when they are let', async () => {
    const before = await changes();
    await page.getByRole('button', { name: 'Hand web over to edge-b' }).click();
    await confirmed('Hand over', /edge-b becomes Active for 198\.51\.100\.100\/24/);
    await expect.poll(() => role('edge-b').innerText()).toContain('Active');
    await expect.poll(() => role('edge-a').innerText()).toMatch(/Backup|Draining/);
    await expect.poll(changes).toBeGreaterThan(before);
    expect(await page.locator('.changes li').first().innerText()).toContain('Active → Backup');
    expect(await page.locator('#outcome').innerText()).toContain('given to edge-b');
    await agentUntil(lab.host('edge-b'), 'is Active', ({ routers }) => {
      return routers[0]?.state === 'Active';
    });
    await shot('handed-over', 1280, 'light');
    await page.getByRole('button', { name: 'Let edge-a take web back' }).click();
    await confirmed('Release', /takes the addresses back/);
    await expect.poll(() => role('edge-a').innerText(), { timeout: 15_000 }).toContain('Active');
  });

  test('it fits a phone, and both colour schemes', async () => {
    for (const scheme of ['light', 'dark'] as const) {
      await shot(`desktop-${scheme}`, 1280, scheme);
      await shot(`phone-${scheme}`, 360, scheme);
      expect(await overflow()).toBe(0);
    }
    await page.setViewportSize({ width: 1280, height: 900 });
  });

  test('orders are given, and not given, without a mouse', async () => {
    const button = page.getByRole('button', { name: `Drain ${drained} of web`, exact: true });
    await button.focus();
    await page.keyboard.press('Enter');
    await page.getByRole('dialog').waitFor();
    // The one that does nothing is what a hasty Enter finds.
    expect(await page.locator(':focus').innerText()).toBe('Cancel');
    await shot('question-phone-dark', 360, 'dark');
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'hidden' });
    expect(await button.evaluate((one) => one.matches(':focus'))).toBe(true);
    expect(await row(drained).innerText()).not.toMatch(/drain(ed|ing)/);
    await page.setViewportSize({ width: 1280, height: 900 });
  });

  test('an accessibility checker finds nothing, in either colour scheme', async () => {
    // It works by what the page's own policy forbids.
    const other = await browser.newContext({ ignoreHTTPSErrors: true, bypassCSP: true });
    const checked = await other.newPage();
    await checked.goto(`${site}/dashboard`);
    await checked.getByLabel('Token of the admin listener').fill(OPERATOR);
    await checked.getByRole('dialog').getByRole('button', { name: 'Sign in' }).click();
    await checked.getByRole('button', { name: `Drain ${drained} of web`, exact: true }).waitFor();
    // A page that was just opened has the last minutes.
    const requests = checked.getByRole('img', { name: /^Requests of the last/ });
    expect(await requests.locator('path').getAttribute('d')).toMatch(/^M.*L.*L.*L/);
    await checked.addScriptTag({ path: AXE });
    for (const colorScheme of ['light', 'dark'] as const) {
      for (const width of [1280, 360]) {
        await checked.emulateMedia({ colorScheme });
        await checked.setViewportSize({ width, height: 900 });
        const found = await checked.evaluate('axe.run()');
        const { violations } = found as { violations: { id: string; nodes: { html: string }[] }[] };
        const told = violations.map(({ id, nodes }) => [id, nodes.map(({ html }) => html)]);
        expect(told, `${colorScheme}, ${width} pixels`).toEqual([]);
      }
    }
    await other.close();
  });

  test('what is old is never shown as new', async () => {
    await edgeA.stop(20_000);
    const alert = page.getByRole('alert');
    await expect
      .poll(() => alert.innerText(), { timeout: 15_000 })
      .toMatch(/Connection lost since/);
    const buttons = page.locator('button[data-order]');
    expect(await buttons.evaluateAll((all) => all.every((one) => one.matches(':disabled')))).toBe(
      true,
    );
    await shot('lost', 1280, 'light');
  });

  test('no error in the console, nothing that the policy forbids, no other host asked', () => {
    const isGone = /ERR_CONNECTION_(REFUSED|RESET|CLOSED)|ERR_EMPTY|INCOMPLETE_CHUNKED/;
    expect(complaints.filter((text) => !isGone.test(text))).toEqual([]);
  });
});
