import { describe, expect, it } from 'vitest';
import { isTimeZone } from './cron-job.js';
import { parseCronSchedule } from './cron-schedule.js';

describe('a schedule', () => {
  it.each([
    ['* * * * *', '* * * * *'],
    ['?/1 ? ? ? ?', '* * * * *'],
    ['*/20 1-3 5,1 JAN-mar Sun', '0,20,40 1,2,3 1,5 1,2,3 0'],
    ['30/15 * * * *', '30,45 * * * *'],
    ['5,* * * * *', '* * * * *'],
    [' 0  0 1 1 * ', '0 0 1 1 *'],
    ['@hourly', '0 * * * *'],
    ['@annually', '0 0 1 1 *'],
  ])('%j names the minutes %s', (text, pattern) => {
    expect(parseCronSchedule(text)).toEqual({ pattern });
  });

  it.each([
    ['@every 1h30m', 5_400_000],
    ['@every 10ms', 1000],
    ['@every 1.7s', 1000],
  ])('%j comes again after %i ms', (text, everyMs) => {
    expect(parseCronSchedule(text)).toEqual({ everyMs });
  });

  // The words of robfig/cron v3.
  it.each([
    ['', 'empty spec string'],
    ['* * *', 'expected exactly 5 fields, found 3: [* * *]'],
    ['0 * * * * *', 'expected exactly 5 fields, found 6: [0 * * * * *]'],
    ['60 * * * *', 'end of range (60) above maximum (59): 60'],
    ['* * 0 * *', 'beginning of range (0) below minimum (1): 0'],
    ['* * * * 7', 'end of range (7) above maximum (6): 7'],
    ['5-3 * * * *', 'beginning of range (5) beyond end of range (3): 5-3'],
    ['1-2-3 * * * *', 'too many hyphens: 1-2-3'],
    ['1/2/3 * * * *', 'too many slashes: 1/2/3'],
    ['*/0 * * * *', 'step of range should be a positive number: */0'],
    ['x * * * *', 'failed to parse int from x: strconv.Atoi: parsing "x": invalid syntax'],
    ['* * * * L', 'failed to parse int from L: strconv.Atoi: parsing "L": invalid syntax'],
    ['@soon', 'unrecognized descriptor: @soon'],
    ['@every x', 'failed to parse duration @every x: time: invalid duration "x"'],
  ])('%j is refused', (text, error) => {
    expect(parseCronSchedule(text)).toEqual({ error });
  });
});

it.each([
  ['UTC', true],
  ['Europe/Berlin', true],
  ['Asia/Calcutta', true],
  ['europe/berlin', false],
  ['Mars/Base', false],
  ['+01:00', false],
])('%s is a time zone: %s', (zone, is) => {
  expect(isTimeZone(zone)).toBe(is);
});
