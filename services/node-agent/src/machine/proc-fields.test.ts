import { expect, it } from 'vitest';
import { bytesIn, numberIn } from './proc-fields.js';

const TEXT = 'Name:\tPPid: 7\nPPid:\t12\nActive(file):   3 kB\nInactive(file):    20 kB\nEmpty:\n';

it.each([
  ['PPid', 12],
  ['Inactive(file)', 20],
  ['Active(file)', 3],
  ['Pid', undefined],
  ['Name', undefined],
  ['Empty', undefined],
])('%s', (name, value) => {
  expect(numberIn(TEXT, name)).toBe(value);
  expect(bytesIn(TEXT, name)).toBe(value === undefined ? undefined : value * 1024);
});
