/**
 * What the balancer reads from strangers. A decoder of bytes is one line in DECODERS: it must not throw,
 * nor look at what stands around its bytes, nor remember what it was given before. HTTP has more: what
 * comes out of the whole path between two ends must be canonical, and nothing may be left behind.
 */
import type { Prng } from '../../keepalive/simulator/prng.ts';
import { decodeDiskHeader } from '../../proxy/cache/store/disk/disk-file.ts';
import { parseHosts } from '../../proxy/discovery/hosts-file.ts';
import { parseResolvConf } from '../../proxy/discovery/resolv-conf.ts';
import { BodyDecoder } from '../../proxy/http1/body-decoder.ts';
import { ByteRange, findCookie } from '../../proxy/http1/cookie.ts';
import { parseForwarded } from '../../proxy/http1/forwarded-field.ts';
import { BodyKind, RequestHead, ResponseHead } from '../../proxy/http1/head.ts';
import { MemoryScene } from '../../proxy/http1/memory-scene.fixture.ts';
import { parseRequest } from '../../proxy/http1/parse-request.ts';
import { parseResponse } from '../../proxy/http1/parse-response.ts';
import { forwardableTrailers } from '../../proxy/http1/trailers.ts';
import { FrameReader } from '../../proxy/http2/frame-reader.ts';
import { HpackDecoder } from '../../proxy/http2/hpack/decoder.ts';
import type { FieldLine } from '../../proxy/http2/hpack/field-line.ts';
import { FRAME_HEADER_BYTES, FrameType } from '../../proxy/http2/protocol.ts';
import { RequestText } from '../../proxy/http2/request-text.ts';
import { writeFrameHeader } from '../../proxy/http2/write-frames.ts';
import { decodeProxyHeader } from '../../proxy/proxy-protocol/decode.ts';
import { encodeVersion1 } from '../../proxy/proxy-protocol/version-1.ts';
import { encodeVersion2 } from '../../proxy/proxy-protocol/version-2.ts';
import { parseTraceParent } from '../../proxy/request-id/traceparent.ts';
import { helloOf } from '../../proxy/tls-hello/client-hello.fixture.ts';
import { readClientHello } from '../../proxy/tls-hello/client-hello.ts';
import { RequestReader } from '../../testbed/differential/request-reader.ts';
import { cacheFile } from './cache-files.ts';
import { httpInput, inPieces, requestSamples, responseSamples } from './http-input.ts';
import { judgeChunks } from './judge-chunks.ts';
import { input } from './mutate.ts';

/** One case: null when all is well, else what is wrong, with the input. */
export type Target = (prng: Prng) => string | null;

/** Reads bytes [start, end) of a buffer and returns something that compares as JSON. */
interface Decoder {
  readonly decode: (bytes: Buffer, start: number, end: number) => unknown;
  readonly samples: (prng: Prng) => Uint8Array;
}

const HEAD_LIMITS = { requestLineMax: 300, headBytesMax: 900, headerCountMax: 12 };
const REQUEST = new RequestHead(HEAD_LIMITS.headerCountMax);
const COOKIE_NAME = Buffer.from('a');
const COOKIE = new ByteRange();
const RESPONSE = new ResponseHead(HEAD_LIMITS.headerCountMax);

const latin1 = (text: string) => Buffer.from(text, 'latin1');
const requests = (prng: Prng) => latin1(httpInput(requestSamples, prng));
const responses = (prng: Prng) => latin1(httpInput(responseSamples, prng));
const bytes =
  (...samples: readonly Uint8Array[]) =>
  (prng: Prng) =>
    input(samples, prng);
const texts = (...samples: readonly string[]) => bytes(...samples.map(latin1));
const text = (bytes: Buffer, start: number, end: number) => bytes.toString('latin1', start, end);

const PORTS = { sourcePort: 40_000, destinationPort: 80 };
const PROXIED = [
  { source: '192.0.2.1', destination: '198.51.100.1', ...PORTS },
  { source: '2001:db8::1', destination: '2001:db8::2', ...PORTS },
  null,
];
const HELLOS = [
  { serverName: 'a.example', protocols: ['h2', 'http/1.1'] },
  { serverName: 'b.example', recordBytes: 60 },
  { protocols: ['acme-tls/1'], paddingBytes: 300 },
];

const FRAME_LENGTH_MAX = 64;
const HTTP2_TEXT = new RequestText(HEAD_LIMITS.requestLineMax, HEAD_LIMITS.headBytesMax);
/** Of RFC 7541 C.3, C.4 and C.6, and a request with everything. */
const HPACK_SAMPLES = [
  '828684410f7777772e6578616d706c652e636f6d',
  '828785bf408825a849e95ba97d7f8925a849e95bb8e8b4bf',
  '488264025885aec3771a4b6196d07abe941054d444a8200595040b8166e082a62d1bff6e919d29ad171863c78f0b97c8e9ae82ae43d3',
  '3fe11f8386440261624101612003613d31600362',
].map((sample) => Buffer.from(sample, 'hex'));

/** A connection's beginning: settings, a request, content, a reset. */
function http2Samples(): readonly Buffer[] {
  const written = [
    [FrameType.settings, 0, 0, 12],
    [FrameType.headers, 5, 1, 20],
    [FrameType.data, 0, 1, 33],
    [FrameType.data, 8, 1, 9],
    [FrameType.rstStream, 0, 1, 4],
    [FrameType.continuation, 4, 1, 0],
  ] as const;
  const frames = written.map(([type, flags, stream, length]) => {
    const out = Buffer.alloc(FRAME_HEADER_BYTES + length, 'x');
    writeFrameHeader(out, 0, length, type, flags, stream);
    return out;
  });
  return [Buffer.concat(frames), ...frames];
}

const DECODERS: Readonly<Record<string, Decoder>> = {
  'request heads': { decode: requestHead, samples: requests },
  'response heads': { decode: responseHead, samples: responses },
  'chunked bodies': { decode: chunks, samples: (prng) => bodyOf(requests(prng)) },
  'trailer fields': { decode: trailers, samples: (prng) => bodyOf(responses(prng)) },
  Forwarded: {
    decode: (bytes, start, end) => parseForwarded(text(bytes, start, end)),
    samples: texts('for=192.0.2.1;proto=https;by="[2001:db8::1]:80", for=_x;host="a\\"b"'),
  },
  traceparent: {
    decode: (buffer, start, end) => parseTraceParent(text(buffer, start, end)),
    samples: texts('00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01'),
  },
  'PROXY protocol': {
    decode: decodeProxyHeader,
    samples: bytes(
      ...PROXIED.map((addresses) => encodeVersion1(addresses)),
      ...PROXIED.flatMap((one) => [encodeVersion2(one, true), encodeVersion2(one, false)]),
    ),
  },
  'TLS ClientHello': { decode: readClientHello, samples: bytes(...HELLOS.map(helloOf)) },
  "a cache's files": { decode: decodeDiskHeader, samples: cacheFile },
  'HTTP/2 frames': { decode: http2Frames, samples: bytes(...http2Samples()) },
  HPACK: { decode: hpackBlock, samples: bytes(...HPACK_SAMPLES) },
  'HTTP/2 requests': { decode: http2Request, samples: bytes(...HPACK_SAMPLES) },
  'hosts files': {
    decode: (buffer, start, end) => [...parseHosts(text(buffer, start, end))],
    samples: texts('127.0.0.1 localhost\n# a\n::1 ip6-localhost x\n192.0.2.1\ta.example\n'),
  },
  'resolv.conf': {
    decode: (buffer, start, end) => parseResolvConf(text(buffer, start, end)),
    samples: texts('nameserver 192.0.2.53\nsearch a.example b\noptions ndots:2 timeout:1\n'),
  },
};

/** Frames of a stream of bytes, content in one piece. */
function http2Frames(buffer: Buffer, start: number, end: number): unknown {
  const reader = new FrameReader(FRAME_LENGTH_MAX);
  const frames: unknown[] = [];
  let content = '';
  for (let at = start; at < end; ) {
    at = reader.step(buffer, at, end);
    if (at < 0) return [frames, 'too long'];
    if (!reader.ready) continue;
    const { type, flags, stream, payload, payloadStart, payloadEnd } = reader;
    if (reader.first) content = '';
    content += text(payload, payloadStart, payloadEnd);
    if (reader.last) frames.push([type, flags, stream, content]);
  }
  return [frames, reader.partial];
}

/** Two blocks of one peer, the same bytes, so that the second finds what the first left. */
function hpackBlock(buffer: Buffer, start: number, end: number): unknown {
  const decoder = new HpackDecoder();
  const fields: unknown[] = [];
  const sink = {
    field(line: FieldLine) {
      const name = text(line.bytes, line.start, line.nameEnd);
      fields.push([name, text(line.bytes, line.nameEnd + 2, line.end - 2), line.kind]);
    },
  };
  const once = decoder.decode(buffer, start, end, sink, 100);
  const twice = once && decoder.decode(buffer, start, end, sink, 100);
  return [once, twice, decoder.tableSize, fields];
}

/** The request of HTTP/1.1 that a block makes; what is made of it must be one that is read the same. */
function http2Request(buffer: Buffer, start: number, end: number): unknown {
  HTTP2_TEXT.begin();
  if (!new HpackDecoder().decode(buffer, start, end, HTTP2_TEXT, 100)) return null;
  const fault = HTTP2_TEXT.finish((buffer[start]! & 1) === 0);
  if (fault !== null || HTTP2_TEXT.tooLarge || HTTP2_TEXT.pathTooLong) return fault;
  const made = HTTP2_TEXT.bytes.subarray(HTTP2_TEXT.start, HTTP2_TEXT.end);
  const lines = made.toString('latin1').split('\r\n');
  if (/[\r\n\0]/.test(lines.join('')) || lines.indexOf('') !== lines.length - 2) {
    throw new Error('a line that is none');
  }
  return [lines, requestHead(made, 0, made.length)];
}

function requestHead(bytes: Buffer, start: number, end: number): unknown {
  const body = parseRequest(REQUEST, bytes, start, end, HEAD_LIMITS);
  if (body <= 0) return [body, body < 0 ? REQUEST.error : ''];
  const { method, minor, bodyKind, contentLength, keepAlive, upgrade, fieldCount } = REQUEST;
  const host = text(bytes, REQUEST.hostStart, REQUEST.hostEnd);
  const found = findCookie(REQUEST, COOKIE_NAME, COOKIE);
  const cookie = found ? text(bytes, COOKIE.start, COOKIE.end) : null;
  return [
    body - start,
    method,
    minor,
    bodyKind,
    contentLength,
    keepAlive,
    upgrade,
    host,
    cookie,
    fieldCount,
  ];
}

function responseHead(bytes: Buffer, start: number, end: number): unknown {
  const body = parseResponse(RESPONSE, bytes, start, end, HEAD_LIMITS, false);
  if (body <= 0) return body;
  const { status, minor, bodyKind, contentLength, keepAlive, fieldCount } = RESPONSE;
  return [body - start, status, minor, bodyKind, contentLength, keepAlive, fieldCount];
}

function bodyOf(bytes: Buffer): Buffer {
  const head = bytes.indexOf('\r\n\r\n');
  return head < 0 ? bytes : bytes.subarray(head + 4);
}

/** Content and length of a chunked body that is complete and sound, else null. */
function chunks(bytes: Buffer, start: number, end: number): ReturnType<typeof judgeChunks> {
  const decoder = new BodyDecoder();
  decoder.begin(BodyKind.chunked, 0);
  let content = '';
  let at = start;
  while (at < end && !decoder.done) {
    at = decoder.step(bytes, at, end);
    if (at < 0) return null;
    content += text(bytes, decoder.dataStart, decoder.dataEnd);
  }
  return decoder.done ? { content, length: at - start } : null;
}

/** What goes on of the trailer fields of a chunked body that is complete and sound, else null. */
function trailers(bytes: Buffer, start: number, end: number): string | null {
  const decoder = new BodyDecoder(true);
  decoder.begin(BodyKind.chunked, 0);
  let at = start;
  while (at < end && !decoder.done) {
    at = decoder.step(bytes, at, end);
    if (at < 0) return null;
  }
  return decoder.done ? forwardableTrailers(decoder.trailers).toString('latin1') : null;
}

/** Bytes after which a decoder that reads too far goes wrong: they go on with what it may look for. */
const AROUND = ['', '\r\n\r\n', '0\r\n\r\n', '5', 'x: y\r\n\r\n'] as const;

function robust({ decode, samples }: Decoder): Target {
  return (prng) => {
    const bytes = samples(prng);
    const alone = decode(Buffer.from(bytes), 0, bytes.length);
    const [before, after] = [prng.pick(AROUND), prng.pick(AROUND)];
    const room = Buffer.concat([latin1(before), bytes, latin1(after)]);
    const within = decode(room, before.length, before.length + bytes.length);
    const [a, b] = [JSON.stringify(alone), JSON.stringify(within)];
    return a === b ? null : `alone: ${a}, within: ${b}, input: ${quoted(bytes)}`;
  };
}

const quoted = (bytes: Uint8Array) => JSON.stringify(Buffer.from(bytes).toString('latin1'));

/** The decoder of chunks and its judge see the same. */
const judgedChunks: Target = (prng) => {
  const bytes = bodyOf(requests(prng));
  const said = JSON.stringify(chunks(bytes, 0, bytes.length));
  const judged = JSON.stringify(judgeChunks(bytes.toString('latin1')));
  return said === judged ? null : `decoder: ${said}, judge: ${judged}, input: ${quoted(bytes)}`;
};

/** One scene as it comes, one with everything that adds to messages; made when first wanted. */
const scenes: MemoryScene[] = [];

function sceneOf(loaded: boolean): MemoryScene {
  const index = loaded ? 1 : 0;
  scenes[index] ??= new MemoryScene(loaded);
  return scenes[index];
}

/** A client sends anything in any pieces: what reaches the origin is canonical, and nothing is left. */
const clients =
  (loaded: boolean): Target =>
  (prng) => {
    const sent = httpInput(requestSamples, prng);
    const manner = { pieces: inPieces(sent, prng), slow: prng.chance(0.5) };
    const { upstream } = sceneOf(loaded).requests(manner);
    const readers = upstream.map((bytes) => {
      const reader = new RequestReader();
      reader.add(latin1(bytes));
      return reader;
    });
    const fault = readers.flatMap(({ faults }) => faults)[0] ?? leftOver(loaded);
    return fault === null ? null : `${fault}, input: ${JSON.stringify(sent)}`;
  };

/** An origin answers anything in any pieces: the client gets answers, or is cut off. */
const origins =
  (loaded: boolean): Target =>
  (prng) => {
    const sent = httpInput(responseSamples, prng);
    const manner = { pieces: inPieces(sent, prng), slow: prng.chance(0.5) };
    const after = prng.pick(['end', 'reset', 'rest'] as const);
    const method = prng.pick(['GET', 'HEAD']);
    const asked = `${method} / HTTP/1.${prng.integer(0, 1)}\r\nHost: a\r\n\r\n`;
    const { toClient, client } = sceneOf(loaded).response(asked, manner, after);
    const bad = toClient.find(({ head }) => !/^HTTP\/1\.1 [1-5]\d\d [^\r\n\0]*(\r\n|$)/.test(head));
    const silent = toClient.length === 0 && client === 'open';
    const fault = bad?.head ?? (silent ? 'no answer, and no end' : leftOver(loaded));
    return fault === null ? null : `${fault}, answer: ${JSON.stringify(sent)}, then ${after}`;
  };

function leftOver(loaded: boolean): string | null {
  const left = sceneOf(loaded).left();
  return left.open + left.clients + left.inFlight === 0 ? null : `left: ${JSON.stringify(left)}`;
}

/** All of them, by name. */
export const PROXY_TARGETS: Readonly<Record<string, Target>> = {
  ...Object.fromEntries(Object.entries(DECODERS).map(([name, one]) => [name, robust(one)])),
  'chunked bodies, judged': judgedChunks,
  'HTTP clients': clients(false),
  'HTTP clients, everything on': clients(true),
  'HTTP origins': origins(false),
  'HTTP origins, everything on': origins(true),
};

/** Ends what the targets started. */
export async function endProxyTargets(): Promise<void> {
  for (const scene of scenes.splice(0)) await scene?.close();
}
