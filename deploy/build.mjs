// Builds the tree in an image, and leaves the production dependencies. A prebuilt tree is taken as it is.
import { execFileSync } from 'node:child_process';

if (process.env.SOURCE !== 'prebuilt') {
  for (const args of [['ci'], ['run', 'build'], ['prune', '--omit=dev']])
    execFileSync('npm', args, { stdio: 'inherit' });
}
