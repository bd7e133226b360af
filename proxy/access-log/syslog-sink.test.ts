import dgram from 'node:dgram';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import type { Logger } from '../ports.ts';
import { SYSLOG_MESSAGE_BYTES_MAX } from './limits.ts';
import { SinkTally } from './sink-tally.ts';
import { SyslogSink } from './syslog-sink.ts';

const SILENT: Logger = { debug() {}, info() {}, warn() {}, error() {}, child: () => SILENT };
const HEADER = '<190>1 2026-11-21T13:00:00.000Z edge-a tandem 77 access - ';

let sink: SyslogSink;
let daemon: dgram.Socket | null = null;
const received: string[] = [];

afterEach(async () => {
  await sink.close();
  daemon?.close();
  daemon = null;
  received.length = 0;
});

function open(path: string | null, port: number): void {
  const destination = {
    kind: 'syslog',
    path,
    host: '127.0.0.1',
    port,
    priority: 190,
    tag: 'tandem',
  };
  sink = new SyslogSink(
    { ...destination, kind: 'syslog' },
    new SinkTally('syslog', SILENT, () => 0),
    {
      identity: { priority: 190, hostname: 'edge-a', tag: 'tandem', pid: 77 },
      now: () => 0,
      time: () => '2026-11-21T13:00:00.000Z',
    },
  );
}

async function listen(): Promise<number> {
  const socket = dgram.createSocket('udp4');
  daemon = socket;
  socket.on('message', (message) => received.push(message.toString('latin1')));
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  return (socket.address() as AddressInfo).port;
}

function write(...lines: readonly string[]): Promise<void> {
  const bytes = Buffer.from(`${lines.join('\n')}\n`);
  return new Promise((resolve) => sink.write(bytes, lines.length, resolve));
}

it('each line is a message of RFC 5424', async () => {
  open(null, await listen());
  await write('a b', '{"c":1}');
  while (received.length < 2) await once(daemon!, 'message');
  expect(received).toEqual([`${HEADER}a b`, `${HEADER}{"c":1}`]);
  expect(sink.status()).toEqual({ lines: 2, dropped: 0, error: null });
});

it('a line that is too long is cut', async () => {
  open(null, await listen());
  await write('x'.repeat(SYSLOG_MESSAGE_BYTES_MAX));
  while (received.length < 1) await once(daemon!, 'message');
  expect(received[0]).toBe(`${HEADER}${'x'.repeat(SYSLOG_MESSAGE_BYTES_MAX - HEADER.length)}`);
});

it('a daemon that is not there costs lines, which are counted', async () => {
  open('/nonexistent/log', 0);
  await write('a', 'b');
  expect(sink.status()).toMatchObject({ lines: 0, dropped: 2 });
  expect(sink.status().error).toContain('ENOENT');
});
