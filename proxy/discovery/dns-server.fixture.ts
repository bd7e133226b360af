/** A small name server on the loopback: real packets over UDP, and whatever the test wants in them. */
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
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

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('message', (query, from) => {
      const reply = this.#reply(query);
      if (reply !== null) socket.send(reply, from.port, from.address);
    });
  }

  static async start(): Promise<DnsServer> {
    const socket = createSocket('udp4');
    socket.bind(0, '127.0.0.1');
    await once(socket, 'listening');
    return new DnsServer(socket);
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
