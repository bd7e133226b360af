import { afterAll, describe } from 'vitest';
import { connectionSuite } from '../io/engine.case.ts';
import type { IoEngine } from '../io/engine.ts';
import { NetEngine } from '../io/net/net-engine.ts';
import { uringRefusal } from '../io/uring/detect.ts';
import { UringEngine } from '../io/uring/uring-engine.ts';
import { contexts, TlsEngine, tlsPeers } from './tls-engine.fixture.ts';

const refusal = uringRefusal();
const uring = refusal === null ? 'uring' : `uring (not here: ${refusal})`;
const onNet = () => new NetEngine();
const onUring = () => new UringEngine({ checked: true });

suite('TLSv1.3', 'net', true, onNet);
suite('TLSv1.2', 'net', true, onNet);
suite('TLSv1.3', uring, refusal === null, onUring);

function suite(
  version: 'TLSv1.2' | 'TLSv1.3',
  over: string,
  here: boolean,
  create: () => IoEngine,
): void {
  describe.skipIf(!here)(`connections with ${version} over ${over} are connections`, () => {
    const { server, client } = contexts();
    afterAll(() => {
      server.dispose();
      client.dispose();
    });
    const options = { minVersion: version, maxVersion: version, rejectUnauthorized: false };
    connectionSuite(() => new TlsEngine(create(), server, client), tlsPeers(options));
  });
}
