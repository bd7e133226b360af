import { defineConfig } from 'vitest/config';

/**
 * Unit tests run in parallel forks; the lab tests (`*.lab.test.ts`) build hosts out of network
 * namespaces and measure time, so each of them has the machine to itself.
 */
export default defineConfig({
  test: {
    root: new URL('..', import.meta.url).pathname,
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
      {
        test: {
          name: 'lab',
          include: ['{src,keepalive,proxy,scripts,testbed}/**/*.lab.test.ts'],
          fileParallelism: false,
          // Real time on a shared machine: one more try tells its hiccups from ours.
          retry: 1,
          sequence: { groupOrder: 1 },
          testTimeout: 120_000,
          hookTimeout: 60_000,
        },
      },
    ],
  },
});
