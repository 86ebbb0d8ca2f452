// npm runs it before `npm pack`: makes the folder `release`, which the package consists of.
import { spawnSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
rmSync(`${root}/release`, { recursive: true, force: true });
for (const args of [['scripts/build.mjs'], ['scripts/release.mjs', 'release']]) {
  // npm's own output is what it returns on standard output: the name of the file.
  const { status } = spawnSync(process.execPath, args, { cwd: root, stdio: ['ignore', 2, 2] });
  if (status !== 0) process.exit(status ?? 1);
}
