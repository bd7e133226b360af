/** A small name server on the loopback: real packets, and whatever the test wants in them. */
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket as TcpSocket } from 'node:net';
import { parseIp } from '../../src/os/ip-address.ts';

const TYPES = { A: 1, CNAME: 5, AAAA: 28, SRV: 33 } as const;
type Type = keyof typeof TYPES;

export interface SrvData {
  readonly target: string;
  readonly port: number;
  readonly priority?: number;
  readonly weight?: number;
}

interface Record {
  readonly type: Type;
  readonly ttl: number;
  readonly data: Buffer;
}

const CODES = { noerror: 0, servfail: 2, nxdomain: 3, refused: 5 } as const;

/** How it answers: as a name server does, always with an error, not at all, or with noise. */
export type Mode = 'serve' | 'servfail' | 'refused' | 'silent' | 'noise';

/** Answers from a table. */
export class DnsServer {
  mode: Mode = 'serve';
  /** Questions so far, as `A www.example.com`. */
  readonly questions: string[] = [];
  /** Names, or questions, in another mode than the server. */
  readonly modes = new Map<string, Mode>();
  readonly #records = new Map<string, Record[]>();
  readonly #socket: Socket;

  readonly #tcp: Server;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('message', (query, from) => {
      const reply = this.#reply(query);
      if (reply !== null) socket.send(truncated(reply), from.port, from.address);
    });
    this.#tcp = createServer((client) => this.#talk(client));
  }

  /** RFC 1035 section 4.2.2: two bytes of length before each message. */
  #talk(client: TcpSocket): void {
    let bytes = Buffer.alloc(0);
    client.on('error', () => {});
    client.on('data', (chunk: Buffer) => {
      bytes = Buffer.concat([bytes, chunk]);
      while (bytes.length >= 2 && bytes.length >= 2 + bytes.readUInt16BE(0)) {
        const end = 2 + bytes.readUInt16BE(0);
        const reply = this.#reply(bytes.subarray(2, end));
        bytes = bytes.subarray(end);
        if (reply === null) continue;
        const length = Buffer.alloc(2);
        length.writeUInt16BE(reply.length, 0);
        client.write(Buffer.concat([length, reply]));
      }
    });
  }

  /** On a port of the loopback that is free over both UDP and TCP. */
  static async start(): Promise<DnsServer> {
    for (;;) {
      const socket = createSocket('udp4');
      const server = new DnsServer(socket);
      server.#tcp.listen(0, '127.0.0.1');
      await once(server.#tcp, 'listening');
      socket.bind((server.#tcp.address() as AddressInfo).port, '127.0.0.1');
      const bound = await once(socket, 'listening').then(
        () => true,
        () => false,
      );
      if (bound) return server;
      server.close();
    }
  }

  get port(): number {
    return this.#socket.address().port;
  }

  /** These are the addresses of the name, of both families; none: the name is there, without. */
  set(name: string, addresses: readonly string[], ttl = 1): void {
    const records = addresses.map((address) => {
      const type: Type = address.includes(':') ? 'AAAA' : 'A';
      return { type, ttl, data: Buffer.from(parseIp(address)!) };
    });
    this.#records.set(name, records);
  }

  alias(name: string, target: string, ttl = 1): void {
    this.#records.set(name, [{ type: 'CNAME', ttl, data: encodeName(target) }]);
  }

  setSrv(name: string, services: readonly SrvData[], ttl = 1): void {
    const records = services.map(({ target, port, priority = 0, weight = 0 }) => {
      const numbers = Buffer.alloc(6);
      numbers.writeUInt16BE(priority, 0);
      numbers.writeUInt16BE(weight, 2);
      numbers.writeUInt16BE(port, 4);
      return { type: 'SRV' as const, ttl, data: Buffer.concat([numbers, encodeName(target)]) };
    });
    this.#records.set(name, records);
  }

  /** There is no such name any more. */
  remove(name: string): void {
    this.#records.delete(name);
  }

  close(): void {
    this.#socket.close();
    this.#tcp.close();
  }

  #reply(query: Buffer): Buffer | null {
    const { name, type, end } = readQuestion(query);
    this.questions.push(`${type} ${name}`);
    const mode = this.modes.get(`${type} ${name}`) ?? this.modes.get(name) ?? this.mode;
    if (mode === 'silent') return null;
    if (mode === 'noise') return Buffer.concat([query.subarray(0, 2), Buffer.alloc(20, 0xff)]);
    const [code, answers] = mode === 'serve' ? this.#find(name, type) : ([mode, []] as const);
    const header = Buffer.alloc(12);
    query.copy(header, 0, 0, 2);
    header.writeUInt16BE(0x8180 | CODES[code], 2);
    header.writeUInt16BE(1, 4);
    header.writeUInt16BE(answers.length, 6);
    return Buffer.concat([header, query.subarray(12, end), ...answers]);
  }

  #find(name: string, type: string): readonly [keyof typeof CODES, readonly Buffer[]] {
    const records = this.#records.get(name);
    if (records === undefined) return ['nxdomain', []];
    const answers: Buffer[] = [];
    for (const record of records) {
      if (record.type === 'CNAME') {
        answers.push(encodeRecord(name, record));
        const target = readName(record.data, 0).name;
        answers.push(...this.#find(target, type)[1]);
      } else if (record.type === type) answers.push(encodeRecord(name, record));
    }
    return ['noerror', answers];
  }
}

/** RFC 1035 section 4.2.1: over UDP the head and the question alone, if there is more than 512 bytes. */
function truncated(reply: Buffer): Buffer {
  if (reply.length <= 512) return reply;
  const short = Buffer.from(reply.subarray(0, readName(reply, 12).end + 4));
  short.writeUInt16BE(reply.readUInt16BE(2) | 0x0200, 2);
  short.writeUInt16BE(0, 6);
  return short;
}

function encodeRecord(name: string, { type, ttl, data }: Record): Buffer {
  const fixed = Buffer.alloc(10);
  fixed.writeUInt16BE(TYPES[type], 0);
  fixed.writeUInt16BE(1, 2);
  fixed.writeUInt32BE(ttl, 4);
  fixed.writeUInt16BE(data.length, 8);
  return Buffer.concat([encodeName(name), fixed, data]);
}

function encodeName(name: string): Buffer {
  const labels = name.split('.').filter((label) => label !== '');
  const parts = labels.map((label) => Buffer.from(`${String.fromCharCode(label.length)}${label}`));
  return Buffer.concat([...parts, Buffer.from([0])]);
}

function readName(bytes: Buffer, start: number): { name: string; end: number } {
  const labels: string[] = [];
  let at = start;
  for (let length = bytes[at]!; length > 0; length = bytes[at]!) {
    labels.push(bytes.toString('latin1', at + 1, at + 1 + length));
    at += length + 1;
  }
  return { name: labels.join('.').toLowerCase(), end: at + 1 };
}

function readQuestion(query: Buffer): { name: string; type: string; end: number } {
  const { name, end } = readName(query, 12);
  const number = query.readUInt16BE(end);
  const type = Object.entries(TYPES).find(([, value]) => value === number)?.[0] ?? `${number}`;
  return { name, type, end: end + 4 };
}
