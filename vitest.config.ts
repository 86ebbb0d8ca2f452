import { defineConfig } from 'vitest/config';

// Workspaces resolve to their sources, so that a test run needs no build between edit and run.
const conditions = ['everynode-source', 'node', 'import', 'default'];

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: { include: ['{packages,services}/*/src/**/*.test.ts'] },
});
