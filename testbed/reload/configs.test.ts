import { expect, test } from 'vitest';
import { checkSource } from '../../src/config/check.ts';
import { compileConfig } from '../../src/config/compile.ts';
import { sourceFromBytes } from '../../src/config/source.ts';
import { addedAddress, reloadConfigs } from './configs.ts';

const settings = {
  edges: [
    { name: 'edge-a', address: '198.51.100.11', side: '203.0.113.11' },
    { name: 'edge-b', address: '198.51.100.12', side: '203.0.113.12' },
  ],
  virtualAddresses: ['198.51.100.100', 'fe80::100', '2001:db8::100'],
  ...{ advertMs: 100, origins: ['198.51.100.21', '198.51.100.22', '198.51.100.23'] },
  ...{ certificate: '/c.crt', key: '/c.key' },
};

test('each is a config of its own that a running pair can go on with', () => {
  const compiled = reloadConfigs(settings).map((text) => {
    const { config, problems } = checkSource(sourceFromBytes('f', Buffer.from(text)), 'f');
    expect(problems.filter(({ severity }) => severity === 'error')).toEqual([]);
    return compileConfig(config!, { node: 'edge-a', digest: text, cores: 2 });
  });
  expect(new Set(compiled.map(({ digest }) => digest)).size).toBe(3);
  const [first, balancer, router] = compiled;
  const binds = (it: typeof first) => it!.proxy!.listeners.map(({ name }) => name);
  expect(binds(balancer)).toEqual([...binds(first), 'added']);
  expect(binds(router)).toEqual(binds(first));
  const addresses = router!.agent!.virtualRouters[0]!.addresses.map(({ address }) => address);
  expect(addresses).toContain(addedAddress);
  for (const { agent } of compiled) expect(agent!.pair).toEqual(first!.agent!.pair);
});
