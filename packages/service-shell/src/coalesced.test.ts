import { describe, expect, it } from 'vitest';
import { coalesced } from './coalesced.js';

/** Work of which each run ends when the test ends it. */
function gatedWork() {
  const runs: { end: () => void; fail: (error: Error) => void }[] = [];
  const work = coalesced(
    () =>
      new Promise<void>((resolve, reject) => {
        runs.push({ end: resolve, fail: reject });
      }),
  );
  return { runs, work };
}

describe('coalesced work', () => {
  it('runs once for all that is asked for during a run, and that run begins afterwards', async () => {
    const { runs, work } = gatedWork();
    const first = work();
    const during = Array.from({ length: 5 }, work);
    expect(runs).toHaveLength(1);
    runs[0]?.end();
    await first;
    expect(runs).toHaveLength(2);
    const later = work();
    runs[1]?.end();
    await Promise.all(during);
    expect(runs).toHaveLength(3);
    runs[2]?.end();
    await later;
    void work();
    expect(runs).toHaveLength(4);
  });

  it('goes on after a run that has failed', async () => {
    const { runs, work } = gatedWork();
    const first = work();
    const second = work();
    runs[0]?.fail(new Error('not this time'));
    await expect(first).rejects.toThrow('not this time');
    runs[1]?.end();
    await second;
  });
});
