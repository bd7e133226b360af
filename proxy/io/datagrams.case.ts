/** What every engine does with datagrams. */
import { afterEach, describe, expect, it } from 'vitest';
import { openDatagramSocket } from '../../src/os/listen-socket.ts';
import { UdpPeer } from '../udp/udp-peers.fixture.ts';
import type { DatagramEngine, DatagramPort, PortHandler, ReturnPath } from './datagrams.ts';

const fail = (code: string) => expect.unreachable(code);

/** Runs the suite. */
export function datagramCases(name: string, engine: DatagramEngine): void {
  const closing: { close(): unknown }[] = [];
  afterEach(async () => {
    await Promise.all(closing.splice(0).map((one) => one.close()));
  });

  function bind(handler: PortHandler, host = '127.0.0.1'): { udp: DatagramPort; port: number } {
    const { fd, port } = openDatagramSocket({ host, port: 0, freeBind: false, reusePort: false });
    const udp = engine.bind(fd, name, handler);
    closing.push(udp);
    return { udp, port };
  }

  async function client(port: number, host?: string): Promise<UdpPeer> {
    const peer = await UdpPeer.client(port, host);
    closing.push(peer);
    return peer;
  }

  describe(`datagrams of ${name}`, () => {
    it('come whole with their flow, and answers go back from where they were asked', async () => {
      const heard: { text: string; flow: string; path: ReturnPath }[] = [];
      const two = Promise.withResolvers<void>();
      const onDatagram: PortHandler['onDatagram'] = (payload, flow, path) => {
        heard.push({ text: Buffer.from(payload).toString(), flow, path: path() });
        if (heard.length === 3) two.resolve();
      };
      const { udp, port } = bind({ onDatagram, onError: fail }, '0.0.0.0');
      const peers = [await client(port), await client(port, '127.0.0.2')];
      peers[0]!.send('one');
      peers[1]!.send('two');
      peers[0]!.send('one again');
      await two.promise;
      expect(new Set(heard.map(({ flow }) => flow)).size).toBe(2);
      for (const { text, path } of heard) {
        expect(engine.addressOf(path)).toBe('127.0.0.1');
        expect(udp.send(Buffer.from(text.toUpperCase()), path)).toBe(true);
      }
      const first = [await peers[0]!.next(), await peers[0]!.next()].map(({ text }) => text);
      expect(first.sort()).toEqual(['ONE', 'ONE AGAIN']);
      expect((await peers[1]!.next()).text).toBe('TWO');
    });

    it('that wait are read on demand', async () => {
      const texts: string[] = [];
      const onDatagram: PortHandler['onDatagram'] = (payload) => {
        texts.push(Buffer.from(payload).toString());
      };
      const { udp, port } = bind({ onDatagram, onError: fail });
      const peer = await client(port);
      await new Promise((resolve) => peer.socket.send('waiting', resolve));
      udp.readQueued();
      expect(texts).toEqual(['waiting']);
    });
  });
  describe(`datagram channels of ${name}`, () => channelCases(engine, closing));
}

function channelCases(engine: DatagramEngine, closing: { close(): unknown }[]): void {
  it('go to one server and back over a channel', async () => {
    const server = await UdpPeer.listen();
    closing.push(server);
    const answer = Promise.withResolvers<string>();
    const channel = engine.connect('127.0.0.1', server.port, {
      onAnswer: (payload) => answer.resolve(Buffer.from(payload).toString()),
      onError: fail,
    });
    if (typeof channel === 'string') return expect.unreachable(channel);
    closing.push(channel);
    expect(channel.send(Buffer.from('question'))).toBe(null);
    const { text, from } = await server.next();
    server.answer(from, `${text}: answer`);
    expect(await answer.promise).toBe('question: answer');
  });

  it('to nobody come back as an error, and the channel stays', async () => {
    const server = await UdpPeer.listen();
    const { port } = server;
    await server.close();
    const refused = Promise.withResolvers<string>();
    const channel = engine.connect('127.0.0.1', port, {
      onAnswer: () => fail('an answer'),
      onError: refused.resolve,
    });
    if (typeof channel === 'string') return expect.unreachable(channel);
    closing.push(channel);
    expect(channel.send(Buffer.from('anybody?'))).toBe(null);
    expect(await refused.promise).toBe('ECONNREFUSED');
    expect(channel.send(Buffer.from('still?'))).toBe(null);
  });

  it('cannot be sent to what is no address', () => {
    const handler = { onAnswer() {}, onError() {} };
    expect(engine.connect('origin.example', 53, handler)).toBe('EINVAL');
  });

  it('too long for UDP are refused by the channel', async () => {
    const handler = { onAnswer() {}, onError() {} };
    const channel = engine.connect('127.0.0.1', 9, handler);
    if (typeof channel === 'string') return expect.unreachable(channel);
    closing.push(channel);
    expect(channel.send(Buffer.alloc(65_508))).toBe('EMSGSIZE');
  });
}
