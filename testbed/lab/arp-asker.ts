/**
 * Asks the LAN again and again who has an address, and writes down who answered: what a host's
 * configuration says and what the network hears from it are two things. A process of its own in the
 * client's namespace: `node arp-asker.ts OPTIONS_AS_JSON`.
 *
 * It prints `ready`, and when its standard input is closed one line of JSON: the {@link ArpAnswer}s. With
 * `live` it prints {@link AnswererChange}s as they come, a line each, instead.
 */
import { encodeArpRequest } from '../../keepalive/packet/arp-probe.ts';
import { ArpSocket } from '../../src/os/arp-socket.ts';
import { interfaceIndex } from '../../src/os/interface-index.ts';
import { parseIp } from '../../src/os/ip-address.ts';
import { type AnswererChange, Answerers } from './answerers.ts';
import { limits } from './limits.ts';
import { monotonicMs } from './monotonic.ts';

export interface AskerOptions {
  readonly interface: string;
  /** The address asked for. */
  readonly target: string;
  /** Whoever asks: a host of the LAN. */
  readonly sender: { readonly mac: string; readonly address: string };
  readonly everyMs: number;
  readonly live?: boolean;
}

export interface ArpAnswer {
  /** CLOCK_MONOTONIC, ms: the answer had not come before this. Never too late, seldom too early. */
  readonly atMs: number;
  /** `02:00:00:00:00:0b` */
  readonly mac: string;
}

/** Where a reply has its sender: after the Ethernet header and 8 bytes of ARP. */
const SENDER_MAC = 22;
const SENDER_IP = 28;

/** Starts asking; the returned function ends it. */
function ask(
  options: AskerOptions,
  onAnswer: (answer: ArpAnswer) => void,
  onQuestion: () => void,
): () => void {
  const target = parseIp(options.target)!;
  const mac = Uint8Array.from(options.sender.mac.split(':'), (byte) => Number.parseInt(byte, 16));
  const request = encodeArpRequest({ mac, ip: parseIp(options.sender.address)! }, target);
  let emptyAtMs = monotonicMs();
  const socket = new ArpSocket({
    interface: options.interface,
    interfaceIndex: interfaceIndex(options.interface),
    onReply: (frame) => {
      const about = frame.subarray(SENDER_IP, SENDER_IP + 4);
      if (Buffer.compare(about, target) !== 0) return;
      const sender = Buffer.from(frame.subarray(SENDER_MAC, SENDER_IP)).toString('hex');
      onAnswer({ atMs: emptyAtMs, mac: sender.replace(/(..)(?!$)/g, '$1:') });
    },
    onError: (error) => process.stderr.write(`${error.message}\n`),
  });
  const turn = () => {
    socket.readQueued();
    emptyAtMs = monotonicMs();
    onQuestion();
    socket.send(request);
  };
  const ticker = setInterval(turn, options.everyMs);
  return () => {
    clearInterval(ticker);
    socket.readQueued();
    socket.close();
  };
}

/** Starts asking; the returned function ends it and gives what was answered. */
export function askFor(options: AskerOptions): () => readonly ArpAnswer[] {
  const answers: ArpAnswer[] = [];
  const add = (answer: ArpAnswer) => {
    if (answers.length < limits.arpAnswersMax) answers.push(answer);
  };
  const stop = ask(options, add, () => {});
  return () => {
    stop();
    return answers;
  };
}

/** Starts asking, and tells of who begins or ceases to answer; the returned function ends it. */
export function follow(options: AskerOptions, tell: (change: AnswererChange) => void): () => void {
  const answerers = new Answerers();
  const onAnswer = ({ mac, atMs }: ArpAnswer) => {
    const change = answerers.answered(mac, atMs);
    if (change !== null) tell(change);
  };
  return ask(options, onAnswer, () => answerers.asked().forEach(tell));
}

if (import.meta.main) {
  const options = JSON.parse(process.argv[2]!) as AskerOptions;
  const write = (it: unknown) => process.stdout.write(`${JSON.stringify(it)}\n`);
  if (options.live === true) {
    const stop = follow(options, write);
    process.stdin.on('end', stop).resume();
  } else {
    const stop = askFor(options);
    process.stdin.on('end', () => write(stop())).resume();
  }
  process.stdout.write('ready\n');
}
