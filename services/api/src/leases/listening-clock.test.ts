import { expect, it } from 'vitest';
import { ListeningClock } from './listening-clock.js';

/** The wall clock at a moment of the monotonic one. */
const wall = (steady: number): number => 1_700_000_000_000 + steady;

it('counts silence only while something could be heard', () => {
  const clock = new ListeningClock();
  const heard = clock.now(wall(1000), 1000);
  // Silent for 5 s, then deaf for 60 s: still silent for 5 s.
  expect(clock.usual(heard, 6000)).toBe(wall(1000));
  clock.setDeaf(true, 6000);
  clock.setDeaf(true, 7000);
  expect(wall(66_000) - clock.usual(heard, 66_000)).toBe(5000);
  clock.setDeaf(false, 66_000);
  clock.setDeaf(false, 67_000);
  expect(wall(70_000) - clock.usual(heard, 70_000)).toBe(9000);
  // What is heard after that is as old as it is.
  expect(clock.usual(clock.now(wall(70_000), 70_000), 71_000)).toBe(wall(70_000));
});

it('does not take a step of the wall clock for a time in which nothing was heard', () => {
  for (const step of [-600_000, 600_000]) {
    const clock = new ListeningClock();
    const heard = clock.now(wall(0), 0);
    clock.setDeaf(true, 1000);
    clock.setDeaf(false, 3000);
    expect(clock.usual(heard, 4000)).toBe(wall(2000));
    expect(clock.usual(clock.now(wall(5000) + step, 5000), 6000)).toBe(wall(5000) + step);
  }
});
