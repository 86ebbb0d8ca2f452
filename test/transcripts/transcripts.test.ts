import { readdirSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Backends, type RunningApi, startBackends, startReplica } from '@everynode/api/testing';
import { HttpsTarget, isSame, outcomeText, readTranscript, replay } from '@everynode/transcripts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

/** What upstream answers to requests of every kind, from its sources. Each file has namespaces of its own. */
const folder = fileURLToPath(new URL('.', import.meta.url));
const files = readdirSync(folder).filter((file) => file.endsWith('.yaml'));

let backends: Backends;
let api: RunningApi;
let target: HttpsTarget;

beforeAll(async () => {
  backends = await startBackends();
  api = await startReplica(backends);
  target = new HttpsTarget(api.server.url, api.server);
}, 60_000);

afterAll(async () => {
  target.close();
  await api.close();
  await backends.stop();
});

describe("upstream's answers", () => {
  it.each(files)('%s', async (file) => {
    const transcript = readTranscript(await readFile(join(folder, file), 'utf8'), file);
    const outcomes = await replay(target, transcript);
    const faults = outcomes.filter((outcome) => !isSame(outcome)).map((outcome) => outcomeText(file, outcome));
    expect(faults.join('\n\n')).toBe('');
    expect(outcomes.length).toBeGreaterThan(0);
  });
});
