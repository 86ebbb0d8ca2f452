// Runs conformance cases through the project's own functions: npm run vectors -- FILE…
// Prints each failure with the expected and the actual result, and last `N passed, N failed`.
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { answerVector, VECTOR_KINDS } from '@everynode/daemonset/vectors';
import { differences } from '@everynode/objects/vector-agreement';
import { answerObjectVector, OBJECT_VECTOR_KINDS } from '@everynode/objects/vectors';

/**
 * What is wrong with the answer to one case; nothing when it is right. A case that throws is a failure like any other.
 */
function messagesOf(vector) {
  try {
    if (VECTOR_KINDS.includes(vector.kind)) return differences(answerVector(vector), vector.expect);
    if (OBJECT_VECTOR_KINDS.includes(vector.kind)) return differences(answerObjectVector(vector), vector.expect);
    return [`nothing here answers cases of kind ${vector.kind}`];
  } catch (error) {
    return [error instanceof Error ? (error.stack ?? error.message) : String(error)];
  }
}

/** Runs the cases of all files. Returns the exit code: 0 when all passed, 1 when one failed, 2 when there was none. */
export async function runVectors(files) {
  if (files.length === 0) {
    process.stderr.write('Name the files: npm run vectors -- test/vectors/*.json\n');
    return 2;
  }
  let passed = 0;
  let failed = 0;
  for (const file of files) {
    let cases;
    try {
      // npm runs scripts in the project's folder; names are meant from where the user stands.
      ({ cases } = JSON.parse(await readFile(resolve(process.env.INIT_CWD ?? '.', file), 'utf8')));
      if (!Array.isArray(cases)) throw new Error('it has no list of cases');
    } catch (error) {
      process.stdout.write(`${file}: ${error.message}\n`);
      failed += 1;
      continue;
    }
    for (const vector of cases) {
      const faults = messagesOf(vector);
      if (faults.length === 0) passed += 1;
      else {
        failed += 1;
        process.stdout.write(`FAILED ${vector.id} (${file})\n${faults.map((fault) => `  ${fault}\n`).join('')}`);
      }
    }
  }
  process.stdout.write(`${passed} passed, ${failed} failed\n`);
  return failed === 0 && passed > 0 ? 0 : failed === 0 ? 2 : 1;
}
