import { expect, it } from 'vitest';
import { ListeningClock } from './listening-clock.js';

it('counts silence only while something could be heard', () => {
  const clock = new ListeningClock();
  const heard = clock.now(1000);
  // Silent for 5 s, then deaf for 60 s: still silent for 5 s.
  expect(clock.usual(heard, 6000)).toBe(1000);
  clock.setDeaf(true, 6000);
  clock.setDeaf(true, 7000);
  expect(66_000 - clock.usual(heard, 66_000)).toBe(5000);
  clock.setDeaf(false, 66_000);
  clock.setDeaf(false, 67_000);
  expect(70_000 - clock.usual(heard, 70_000)).toBe(9000);
  // What is heard after that is as old as it is.
  expect(clock.usual(clock.now(70_000), 71_000)).toBe(70_000);
});
