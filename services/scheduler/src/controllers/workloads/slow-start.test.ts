import { expect, it } from 'vitest';
import { slowStart } from './slow-start.js';

it.each<[what: string, count: number, refused: number[], tried: number, written: number]>([
  ['does nothing', 0, [], 0, 0],
  ['does all', 10, [], 10, 10],
  ['stops at the first that is refused', 100, [0], 1, 0],
  ['ends the batch in which one is refused', 100, [4, 5], 7, 7],
])('%s of %i, where %j are refused', async (_what, count, refused, tried, written) => {
  const seen: number[] = [];
  const result = await slowStart(count, async (index) => {
    seen.push(index);
    if (refused.includes(index)) throw new Error(`${index} is refused`);
    return index + 1;
  });
  expect(seen).toEqual(Array.from({ length: tried }, (_, index) => index));
  expect(result.written).toBe(written);
  expect(result.failure).toEqual(refused.length > 0 ? new Error(`${refused[0]} is refused`) : undefined);
});
