import { chooseControllers } from '@everynode/contract/controllers';
import type { Taint } from '@everynode/local-stack/control';
import { InvalidArgumentError } from 'commander';

/** Returns a parser of whole numbers from `least` to `most`; it refuses everything else. */
export function wholeNumber(least: number, most: number): (text: string) => number {
  return (text) => {
    const number = Number(text);
    if (!/^\d+$/.test(text) || number < least || number > most) {
      throw new InvalidArgumentError(`It must be a whole number from ${least} to ${most}.`);
    }
    return number;
  };
}

/** A list of controllers in the scheduler's syntax. It is checked here, before anything is started with it. */
export function controllerList(text: string): string {
  try {
    chooseControllers(text);
  } catch (error) {
    throw new InvalidArgumentError(`${error instanceof Error ? error.message : String(error)}.`);
  }
  return text;
}

/** `key=value,key2=value2`, as kubectl reads labels; a key without `=` has an empty value. */
export function parseLabels(text: string): Record<string, string> {
  const pairs = text.split(',').map((pair): [string, string] => {
    const [key = '', ...value] = pair.split('=');
    if (key === '' || value.length > 1) throw new InvalidArgumentError(`"${pair}" is not of the form key=value.`);
    return [key, value[0] ?? ''];
  });
  return Object.fromEntries(pairs);
}

const EFFECTS = ['NoSchedule', 'PreferNoSchedule', 'NoExecute'] as const;

/** `key=value:Effect,key2:Effect`, as kubectl reads taints. */
export function parseTaints(text: string): Taint[] {
  return text.split(',').map((item) => {
    const match = /^([^=:]+)(?:=([^=:]*))?:(\w+)$/.exec(item);
    const effect = EFFECTS.find((known) => known === match?.[3]);
    const key = match?.[1];
    if (key === undefined || effect === undefined) {
      throw new InvalidArgumentError(`"${item}" is not of the form key=value:Effect; effects: ${EFFECTS.join(', ')}.`);
    }
    const value = match?.[2];
    return value === undefined ? { key, effect } : { key, value, effect };
  });
}

const UNIT_MS: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** `90s`, `30m`, `24h`, `2d`, or 0, in ms. */
export function parseSpan(text: string): number {
  if (text === '0') return 0;
  const [, number, unit = ''] = /^(\d{1,9})([smhd])$/.exec(text) ?? [];
  const ms = UNIT_MS[unit];
  if (number === undefined || ms === undefined) {
    throw new InvalidArgumentError('It must be a number with a unit, such as 30m, 24h or 2d, or 0.');
  }
  return Number(number) * ms;
}

/** Texts with commas between them. */
export const parseList = (text: string): string[] =>
  text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');
