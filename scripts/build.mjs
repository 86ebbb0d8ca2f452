// npm run build: generates and compiles what has changed, bundles the services, and marks the build so that `npm start`
// and the like find it done.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { bundleServices } from './bundle.mjs';
import { markBuild } from './fingerprint.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));

/** Runs a command of npm's PATH with our output; when it fails, this process ends with its exit code. */
function run(command, ...args) {
  const { status, error } = spawnSync(command, args, { cwd: root, stdio: 'inherit' });
  if (error) throw error;
  if (status !== 0) process.exit(status ?? 1);
}

await markBuild(root, async () => {
  run('npm', 'run', 'generate', '--workspace', '@everynode/openapi', '--silent');
  run('tsc', '-b');
  await bundleServices(root);
});
