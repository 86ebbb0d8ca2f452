import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const script = fileURLToPath(new URL('../../scripts/generate-kinds.mjs', import.meta.url));

it('equals what its generator makes of the schema', () => {
  const generated = execFileSync(process.execPath, [script, '--print'], { encoding: 'utf8' });
  expect(readFileSync(new URL('./api-types.ts', import.meta.url), 'utf8')).toBe(generated);
});
