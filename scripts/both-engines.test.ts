import { join } from 'node:path';
import { expect, test } from 'vitest';
import { testsOnBothEngines } from './both-engines.ts';

const found = testsOnBothEngines(join(import.meta.dirname, '..'));

test('whatever goes through an engine runs on both', () => {
  expect(found).toContain('proxy/http1/forwarding.test.ts');
  expect(found).toContain('proxy/http2/origins.test.ts');
  expect(found).toContain('proxy/tls/resumption.test.ts');
  expect(found).toContain('proxy/balancer.test.ts');
  // The engine is that of a process of its own.
  expect(found).toContain('proxy/no-descriptors.test.ts');
});

test('what goes through none, or has its own of each kind, runs once', () => {
  expect(found).not.toContain('proxy/http1/parsers.test.ts');
  expect(found).not.toContain('proxy/io/engines.test.ts');
  expect(found).not.toContain('proxy/io/uring/uring-engine.test.ts');
});
