import { describe, expect, test } from 'vitest';
import { checkSource } from '../../src/config/check.ts';
import { sourceFromBytes } from '../../src/config/source.ts';
import { tandemConfig } from './contenders/tandem.ts';
import { FEATURES_OFF, features } from './features.ts';

const place = {
  folder: '/run/bench',
  listen: { http: 8080 },
  certificate: { certificate: '/run/bench/certificate.pem', key: '/run/bench/key.pem' },
  origins: [8081, 8082],
  workers: 1,
  connections: 8192,
};

describe('the configuration of each feature loads without a mistake, and is not the plain one', () => {
  const plain = tandemConfig(place, 'net', FEATURES_OFF);

  test.each(features.map((feature) => [feature.name, feature] as const))('%s', (_, feature) => {
    const text = tandemConfig(place, 'net', feature);
    const { problems } = checkSource(sourceFromBytes('bench.yaml', Buffer.from(text)));
    expect(problems.filter(({ severity }) => severity === 'error')).toEqual([]);
    expect(text).not.toBe(plain);
  });
});
