import { expect, it } from 'vitest';
import { FAULTS } from '../faults/index.js';
import { EFFECTS, effectsOf } from './effects.js';

it('has the effects of faults that there are, and none for those that it does not name', () => {
  const names = FAULTS.map(({ name }) => name);
  expect(Object.keys(EFFECTS).filter((name) => !names.includes(name))).toEqual([]);
  expect(effectsOf('nats-away')).toMatchObject({ newConnectionsMs: 0, writes: { meanwhile: false, limitMs: 5000 } });
});

it('has a time in which new connections may break for every fault that is aimed at an api process, and no other', () => {
  const aimedAtApi = FAULTS.filter(({ name }) => /^(kill|end|stop|clock)-(all-)?api/.test(name)).map(
    ({ name }) => name,
  );
  const breaking = Object.keys(EFFECTS).filter((name) => effectsOf(name).newConnectionsMs > 0);
  expect(breaking.filter((name) => !name.endsWith('-supervisor')).sort()).toEqual(aimedAtApi.sort());
});
