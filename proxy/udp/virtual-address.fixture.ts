/**
 * A wildcard UDP listener on a host with virtual addresses, of the family of the address it is given:
 * asks there, takes the address away, has the server answer once more, and prints what came of it.
 */
import { execFileSync } from 'node:child_process';
import dgram from 'node:dgram';
import { once } from 'node:events';
import { startPlane, udpConfig, upstreamConfig } from '../data-plane.fixture.ts';
import { UdpPeer } from './udp-peers.fixture.ts';

const virtual = process.argv[2]!;
const v6 = virtual.includes(':');
const origin = await UdpPeer.listen();
const bind = { host: v6 ? '::' : '0.0.0.0', port: 0 };
const proxy = startPlane(udpConfig(upstreamConfig([origin.port]), { binds: [bind] }));

const client = new UdpPeer(dgram.createSocket(v6 ? 'udp6' : 'udp4'));
client.socket.bind(0, v6 ? '::1' : '127.0.0.1');
await once(client.socket, 'listening');
client.socket.connect(proxy.port, virtual);
await once(client.socket, 'connect');
client.send('question');
const { text, from } = await origin.next();
origin.answer(from, `${text}, answer`);
const answer = await client.next();

execFileSync('ip', ['address', 'delete', `${virtual}/${v6 ? 128 : 32}`, 'dev', 'lo']);
origin.answer(from, 'too late');
while (proxy.listener().datagramsDropped === 0)
  await new Promise((resolve) => setTimeout(resolve, 5));
const { datagramsOut, datagramsDropped, open } = proxy.listener();
const seen = { text: answer.text, from: answer.from.address, datagramsOut, datagramsDropped, open };
process.stdout.write(JSON.stringify(seen), () => process.exit());
