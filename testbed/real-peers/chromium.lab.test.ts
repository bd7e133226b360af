/** A browser before the built balancer: HTTPS, HTTP/2, compression, events and a WebSocket, as a page uses them. */
import { execFile, spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freePorts } from '../../scripts/bench/ports.ts';
import { Program } from '../differential/program.ts';
import { findProgram } from '../lab/requirements.ts';

const LAUNCHER = join(import.meta.dirname, '..', '..', 'dist', 'src', 'cli', 'launcher.js');
const CHROMIUM = findProgram('chromium');

const PAGE = `<!doctype html><title>page</title><script type=module>
const out = {};
const [page] = performance.getEntriesByType('navigation');
out.protocol = page.nextHopProtocol;
out.compressed = page.encodedBodySize < page.decodedBodySize;
const many = await Promise.all(Array.from({ length: 30 }, async (_, n) => (await fetch('/n/' + n)).text()));
out.many = many.every((text, n) => text === '/n/' + n);
out.posted = await (await fetch('/size', { method: 'POST', body: 'x'.repeat(300000) })).text();
out.events = await new Promise((done) => {
  const heard = [];
  const source = new EventSource('/events');
  source.onmessage = ({ data }) => {
    heard.push(data);
    if (heard.length < 3) return;
    source.close();
    done(heard.join());
  };
});
out.socket = await new Promise((done) => {
  const socket = new WebSocket('wss://' + location.host + '/socket');
  socket.onmessage = ({ data }) => { socket.close(); done(data); };
  socket.onerror = () => done('error');
});
await fetch('/report', { method: 'POST', body: JSON.stringify(out) });
</script>${'<p>some words that compress well</p>'.repeat(100)}`;

/** What stands behind the balancer; `report` gets what the page found out. */
function origin(report: (text: string) => void): Server {
  const server = createServer((request, response) => {
    const url = request.url ?? '';
    if (url === '/events') {
      response.writeHead(200, { 'Content-Type': 'text/event-stream' });
      for (const name of ['one', 'two', 'three']) response.write(`data: ${name}\n\n`);
      return;
    }
    const pieces: Buffer[] = [];
    request.on('data', (bytes: Buffer) => pieces.push(bytes));
    request.on('end', () => {
      const body = Buffer.concat(pieces);
      if (url === '/report') report(body.toString());
      response.setHeader('Content-Type', url === '/' ? 'text/html' : 'text/plain');
      response.end(url === '/' ? PAGE : url === '/size' ? `${body.length}` : url);
    });
  });
  server.on('upgrade', (request, socket) => {
    const magic = `${request.headers['sec-websocket-key']}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`;
    const accept = createHash('sha1').update(magic).digest('base64');
    const head = `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n`;
    socket.write(`${head}Sec-WebSocket-Accept: ${accept}\r\n\r\n`);
    // One text frame, not masked.
    socket.write(Buffer.concat([Buffer.from([0x81, 5]), Buffer.from('hello')]));
    socket.on('data', () => socket.end());
    socket.on('error', () => {});
  });
  return server;
}

const missing = CHROMIUM === null ? ' (skipped: chromium is not installed)' : '';

describe.skipIf(CHROMIUM === null)(`chromium${missing}`, () => {
  const folder = mkdtempSync(join(tmpdir(), 'tandem-chromium-'));
  let server: Server;
  let tandem: Program;
  let port: number;
  const report = Promise.withResolvers<string>();

  beforeAll(async () => {
    server = origin(report.resolve);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const key = join(folder, 'site.key');
    const certificate = join(folder, 'site.crt');
    await promisify(execFile)('openssl', [
      ...'req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 1'.split(' '),
      ...['-keyout', key, '-out', certificate, '-subj', '/CN=localhost'],
      ...['-addext', 'subjectAltName=DNS:localhost'],
    ]);
    [port] = (await freePorts(1)) as [number];
    const runtime = join(folder, 'run');
    mkdirSync(runtime);
    const file = join(folder, 'tandem.yaml');
    writeFileSync(
      file,
      `upstreams:
  site: { servers: [{ address: "127.0.0.1:${(server.address() as AddressInfo).port}" }] }
listeners:
  https:
    bind: ["127.0.0.1:${port}"]
    protocol: http
    tls: { certificates: [{ certificate: ${certificate}, key: ${key} }] }
    compression: true
    routes: [{ upstream: site }]
proxy: { workers: 1 }
log: { level: warn }
`,
    );
    const argv = [process.execPath, LAUNCHER, 'proxy', '-c', file] as const;
    tandem = await Program.start('tandem', argv, [port], { TANDEM_RUNTIME_DIR: runtime });
  });

  afterAll(async () => {
    await tandem?.stop();
    server.closeAllConnections();
    server.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it('is served a page with everything that pages do, over HTTP/2', async () => {
    const profile = join(folder, randomBytes(4).toString('hex'));
    const browser = spawn(
      CHROMIUM!,
      [
        ...['--headless=new', '--no-sandbox', '--disable-gpu', '--ignore-certificate-errors'],
        ...['--no-proxy-server', '--disable-background-networking', `--user-data-dir=${profile}`],
        ...['--remote-debugging-port=0', `https://localhost:${port}/`],
      ],
      { stdio: 'ignore' },
    );
    const ended = once(browser, 'exit');
    const text = await report.promise;
    browser.kill();
    await ended;
    expect(JSON.parse(text)).toEqual({
      protocol: 'h2',
      compressed: true,
      many: true,
      posted: '300000',
      events: 'one,two,three',
      socket: 'hello',
    });
  });
});
