import { defineConfig } from 'vitest/config';
import { filesWithoutServers } from './packages/test-kit/src/files-without-servers.js';

// Workspaces resolve to their sources, so that a test run needs no build between edit and run.
const conditions = ['everynode-source'];
const sources = { resolve: { conditions }, ssr: { resolve: { conditions } } };
const withoutServers = filesWithoutServers(import.meta.dirname);
const timeouts = { testTimeout: 90_000, hookTimeout: 60_000 };

export default defineConfig({
  ...sources,
  test: {
    globalSetup: ['packages/test-kit/src/postgres-setup.ts', 'packages/test-kit/src/property-runs.ts'],
    projects: [
      {
        ...sources,
        test: {
          ...timeouts,
          name: 'suite',
          include: ['{packages,services}/*/src/**/*.test.ts', 'test/**/*.test.ts'],
          exclude: ['**/node_modules/**', 'test/faults/**', ...withoutServers],
          setupFiles: ['packages/test-kit/src/property-defaults.ts'],
          // Most of a test's time is waiting for servers; left alone, vitest keeps one of two cores idle. With three
          // workers, tests that start whole stacks ran into their limits.
          isolate: false,
          maxWorkers: 2,
        },
      },
      {
        ...sources,
        test: {
          ...timeouts,
          name: 'pure',
          include: withoutServers,
          setupFiles: ['packages/test-kit/src/property-defaults.ts'],
          // They share what they import.
          isolate: false,
          maxWorkers: 2,
          sequence: { groupOrder: 1 },
        },
      },
      {
        ...sources,
        test: {
          ...timeouts,
          name: 'faults',
          include: ['test/faults/**/*.test.ts'],
          maxWorkers: 1,
          // It measures how soon a cluster recovers, so it runs when all others are done.
          sequence: { groupOrder: 2 },
        },
      },
    ],
  },
});
