import { expect, it } from 'vitest';
import { FakeClock } from '../fixtures/fake-clock.js';
import { Timers } from './timers.js';

it('sets no timer once it is closed: what is under way then does not go on for ever', () => {
  const clock = new FakeClock();
  const timers = new Timers(clock);
  const run: string[] = [];
  timers.after(1000, () => run.push('set before'));
  timers.close();
  timers.after(1000, () => run.push('set after'));
  expect(clock.pending).toBe(0);
  clock.pass(5);
  expect(run).toEqual([]);
});
