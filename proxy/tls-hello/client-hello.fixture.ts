/** Hellos: of our own making, byte by byte, and of real clients. */
import { once } from 'node:events';
import net from 'node:net';
import tls from 'node:tls';

/** What to put into a hello. */
export interface HelloParts {
  readonly serverName?: string | null;
  readonly protocols?: readonly string[];
  /** Bytes of an extension that nobody knows: what a post-quantum key share weighs. */
  readonly paddingBytes?: number;
  /** Handshake bytes per record. */
  readonly recordBytes?: number;
}

/** A ClientHello in its records. */
export function helloOf(parts: HelloParts): Buffer {
  const { serverName = null, protocols = [], paddingBytes = 0, recordBytes = 16_384 } = parts;
  const extensions: Buffer[] = [];
  if (paddingBytes > 0) extensions.push(extension(51, Buffer.alloc(paddingBytes, 7)));
  if (serverName !== null) {
    const entry = Buffer.concat([Buffer.of(0), vector(2, Buffer.from(serverName, 'latin1'))]);
    extensions.push(extension(0, vector(2, entry)));
  }
  if (protocols.length > 0) {
    const names = protocols.map((name) => vector(1, Buffer.from(name, 'latin1')));
    extensions.push(extension(16, vector(2, Buffer.concat(names))));
  }
  const body = Buffer.concat([
    Buffer.from('0303', 'hex'),
    Buffer.alloc(32, 9),
    vector(1, Buffer.alloc(32, 1)),
    vector(2, Buffer.from('130113021303', 'hex')),
    vector(1, Buffer.of(0)),
    vector(2, Buffer.concat(extensions)),
  ]);
  return inRecords(Buffer.concat([Buffer.of(1), vector(3, body)]), recordBytes);
}

/** Handshake bytes in records of so many bytes each. */
export function inRecords(message: Buffer, recordBytes: number): Buffer {
  const records: Buffer[] = [];
  for (let at = 0; at < message.length; at += recordBytes) {
    const part = message.subarray(at, at + recordBytes);
    records.push(Buffer.from('160301', 'hex'), vector(2, part));
  }
  return Buffer.concat(records);
}

/** A vector in TLS's notation. */
export function vector(lengthSize: 1 | 2 | 3, bytes: Buffer): Buffer {
  const length = Buffer.alloc(lengthSize);
  length.writeUIntBE(bytes.length, 0, lengthSize);
  return Buffer.concat([length, bytes]);
}

function extension(type: number, data: Buffer): Buffer {
  const head = Buffer.alloc(2);
  head.writeUInt16BE(type);
  return Buffer.concat([head, vector(2, data)]);
}

/** What node:tls with these options really sends first. */
export async function realHello(options: tls.ConnectionOptions): Promise<Buffer> {
  const server = net.createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as net.AddressInfo;
  const client = tls.connect({ host: '127.0.0.1', port, rejectUnauthorized: false, ...options });
  client.on('error', () => {});
  const [socket] = (await once(server, 'connection')) as [net.Socket];
  let bytes = Buffer.alloc(0);
  while (bytes.length < 5 || bytes.length < 5 + bytes.readUInt16BE(3)) {
    const [more] = (await once(socket, 'data')) as [Buffer];
    bytes = Buffer.concat([bytes, more]);
  }
  client.destroy();
  socket.destroy();
  server.close();
  return bytes;
}
