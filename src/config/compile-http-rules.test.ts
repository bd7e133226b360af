import { expect, test } from 'vitest';
import { checkSource } from './check.ts';
import { compileConfig } from './compile.ts';
import { sourceFromBytes } from './source.ts';

test('a listener that says nothing about messages believes nobody and passes what is usual', () => {
  const text =
    'upstreams: { api: { servers: [{ address: 203.0.113.21:80 }] } }\n' +
    'listeners: { http: { bind: "0.0.0.0:80", protocol: http, routes: [{ upstream: api }] } }\n';
  const { config } = checkSource(sourceFromBytes('file.yaml', Buffer.from(text)));
  const { proxy } = compileConfig(config!, { node: null, digest: '', cores: 1 });
  expect(proxy?.listeners[0]).toMatchObject({
    rules: {
      clientIp: null,
      forwarded: 'x-forwarded',
      via: 'tandem',
      underscores: 'drop',
      upgrades: ['websocket'],
    },
  });
});
