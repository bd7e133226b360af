import { defineConfig } from 'vitest/config';
import { uringRefusal } from '../proxy/io/uring/detect.ts';
import { testsOnBothEngines } from './both-engines.ts';

const ROOT = new URL('..', import.meta.url).pathname;

/**
 * Lab tests that wait for things to happen and bound them in seconds: a few of them share the machine.
 * All others have it to themselves: they count milliseconds, load the processors, or use the network
 * namespaces `left` and `right`, of which there is one pair. A new one belongs to those.
 */
const SIDE_BY_SIDE = [
  'testbed/lab/{authenticated,duplicates,enter,events,healed-link,holdings,lab}.lab.test.ts',
  'testbed/examples/*.lab.test.ts',
  'testbed/lab/{rfc9568,second-start,timing,trackers,unicast,virtual-mac}.lab.test.ts',
];
const LAB_TESTS = '{src,keepalive,proxy,scripts,testbed}/**/*.lab.test.ts';

/**
 * Tests of proxy/ that go through an engine (they get it from proxy/io/test-engine.fixture.ts) run once more on
 * io_uring, where there is one. One of them: TANDEM_TEST_IO=uring vitest run --project unit FILE.
 */
const uring = {
  name: 'uring',
  include: testsOnBothEngines(ROOT),
  env: { TANDEM_TEST_IO: 'uring' },
  testTimeout: 20_000,
};

/**
 * Real time on a shared machine: two more tries tell its hiccups from ours, as `.ci/run` says. This is
 * the only place where a test is tried again; no test asks for more by itself.
 */
const lab = { retry: 2, testTimeout: 120_000, hookTimeout: 60_000 };

export default defineConfig({
  test: {
    root: ROOT,
    pool: 'forks',
    projects: [
      {
        test: {
          name: 'unit',
          include: ['{src,keepalive,proxy,scripts,testbed}/**/*.test.ts'],
          exclude: ['**/*.lab.test.ts'],
          testTimeout: 20_000,
        },
      },
      ...(uringRefusal() === null ? [{ test: uring }] : []),
      {
        test: {
          ...lab,
          name: 'lab',
          include: SIDE_BY_SIDE,
          maxWorkers: 3,
          sequence: { groupOrder: 1 },
        },
      },
      {
        test: {
          ...lab,
          name: 'lab-alone',
          include: [LAB_TESTS],
          exclude: SIDE_BY_SIDE,
          fileParallelism: false,
          sequence: { groupOrder: 2 },
        },
      },
    ],
  },
});
