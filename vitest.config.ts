import { defineConfig } from 'vitest/config';

// Workspaces resolve to their sources, so that a test run needs no build between edit and run.
const conditions = ['everynode-source'];

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    include: ['{packages,services}/*/src/**/*.test.ts', 'test/**/*.test.ts'],
    globalSetup: ['packages/test-kit/src/postgres-setup.ts', 'packages/test-kit/src/property-runs.ts'],
    setupFiles: ['packages/test-kit/src/property-defaults.ts'],
    // Most of a test's time is waiting for servers; left alone, vitest keeps one of two cores idle.
    maxWorkers: 2,
    testTimeout: 90_000,
    hookTimeout: 60_000,
  },
});
