import { describe, expect, it } from 'vitest';
import { waitAmongOthers } from './waiting.js';

describe('requests that wait for webhooks', () => {
  it('are refused where 400 wait for the same one, and not for those that wait for another', async () => {
    const { promise: answer, resolve } = deferred();
    const waiting = Array.from({ length: 400 }, () => waitAmongOthers(['slow'], () => answer));
    const asked = async () => undefined;
    await expect(waitAmongOthers(['well', 'slow'], asked)).rejects.toThrow('too many requests wait for admission');
    await waitAmongOthers(['well'], asked);
    resolve();
    await Promise.all(waiting);
    await waitAmongOthers(['slow'], asked);
  });
});

function deferred() {
  let resolve = () => {};
  const promise = new Promise<void>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}
