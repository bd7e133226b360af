import { describe, expect, test } from 'vitest';
import { findings, misnumbered, sources } from './tidy.ts';

const one = (path: string, text: string) => findings([{ path, text }]);

describe('the dependency rule', () => {
  test.each([
    ['keepalive/agent.ts', "import { x } from '../proxy/index.ts';"],
    ['proxy/balancer.ts', "import { x } from '../keepalive/index.ts';"],
    ['proxy/balancer.ts', "import { x } from '../src/log/logger.ts';"],
    ['keepalive/agent.ts', "import { load } from '../src/config/load.ts';"],
    ['keepalive/agent.ts', "import {\n  a,\n  b,\n} from '../src/control/server.ts';"],
    ['keepalive/agent.ts', "const x = await import('../src/control/server.ts');"],
    ['src/cli/main.ts', "import { step } from '../../keepalive/virtual-router/step.ts';"],
    ['src/cli/main.ts', "import { lab } from '../../testbed/lab/lab.ts';"],
  ])('%s may not: %s', (path, text) => {
    expect(one(path, text)).toHaveLength(1);
  });

  test.each([
    ['keepalive/agent.ts', "import type { AgentConfig } from '../src/config/agent-config.ts';"],
    ['proxy/balancer.ts', "import { openListenSocket } from '../src/os/listen-socket.ts';"],
    ['src/cli/main.ts', "import { startAgent } from '../../keepalive/index.ts';"],
  ])('%s may: %s', (path, text) => {
    expect(one(path, text)).toEqual([]);
  });
});

test('each other rule catches what it is there for', () => {
  expect(one('proxy/a.ts', `${'x;\n'.repeat(401)}`)).toHaveLength(1);
  expect(one('proxy/a.ts', `// ${'x'.repeat(120)}`)).toHaveLength(1);
  expect(one('proxy/a.ts', '// TO' + 'DO: later')).toHaveLength(1);
  expect(one('keepalive/a.ts', 'const now = Date.now();')).toHaveLength(1);
  expect(one('keepalive/io/clock.ts', 'const now = process.hrtime.bigint();')).toEqual([]);
  expect(one('proxy/a.ts', 'export function f() {}')).toHaveLength(1);
  expect(one('proxy/a.ts', '/** Does it. */\nexport function f() {}')).toEqual([]);
});

test('decisions have numbers without gaps, each once', () => {
  expect(misnumbered(['0002-b.md', '0001-a.md'])).toEqual([]);
  expect(misnumbered(['0001-a.md', '0001-b.md'])).toHaveLength(1);
  expect(misnumbered(['0001-a.md', '0003-b.md'])).toHaveLength(1);
});

test('this repository keeps its own rules', () => {
  expect(findings(sources(new URL('..', import.meta.url).pathname))).toEqual([]);
});
