// Makes /release in an image: what runs, without what it was built with. See scripts/release.mjs.
import { execFileSync } from 'node:child_process';
import { cpSync } from 'node:fs';

if (process.env.SOURCE === 'prebuilt') cpSync('release', '/release', { recursive: true });
else {
  for (const args of [
    ['npm', 'ci'],
    ['npm', 'run', 'build'],
    ['node', 'scripts/release.mjs', '/release'],
  ]) {
    execFileSync(args[0], args.slice(1), { stdio: 'inherit' });
  }
}
