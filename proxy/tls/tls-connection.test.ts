import { afterAll, describe } from 'vitest';
import { connectionSuite } from '../io/engine.case.ts';
import { contexts, TlsEngine, tlsPeers } from './tls-engine.fixture.ts';

for (const version of ['TLSv1.3', 'TLSv1.2'] as const) {
  describe(`connections with ${version} are connections`, () => {
    const { server, client } = contexts();
    afterAll(() => {
      server.dispose();
      client.dispose();
    });
    const options = { minVersion: version, maxVersion: version, rejectUnauthorized: false };
    connectionSuite(() => new TlsEngine(server, client), tlsPeers(options));
  });
}
