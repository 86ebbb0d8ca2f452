import { styleText } from 'node:util';
import type { Difference } from './compare/difference.js';
import { bodyJson, type Json } from './exchange.js';
import type { Outcome } from './replay.js';

const LONG = 400;

/** The differences of one exchange as text. */
export function outcomeText(file: string, { exchange, number, differences }: Outcome, colour = false): string {
  const { method, path } = exchange.request;
  const paint = (style: 'red' | 'green' | 'bold', text: string): string => (colour ? styleText(style, text) : text);
  const line = `${method} ${path}`;
  const title = exchange.name === line ? line : `${exchange.name}\n  ${line}`;
  const lines = differences.flatMap(({ path: where, recorded, ours }: Difference) => [
    `  at ${where || 'all of it'}`,
    ...(recorded === undefined ? [] : [paint('red', `    - ${shown(recorded)}`)]),
    ...(ours === undefined ? [] : [paint('green', `    + ${shown(ours)}`)]),
  ]);
  return [paint('bold', `DIFFERS ${file} #${number} ${title}`), ...lines].join('\n');
}

function shown(value: Json): string {
  const text = typeof value === 'string' ? JSON.stringify(value) : JSON.stringify(value);
  return text.length > LONG ? `${text.slice(0, LONG)}… (${text.length} characters)` : text;
}

export interface Counts {
  same: number;
  differ: number;
  skipped: number;
}

export function summary({ same, differ, skipped }: Counts): string {
  return `${same} same, ${differ} differ${skipped === 0 ? '' : `, ${skipped} skipped`}`;
}

/** An outcome for the JSON file. */
export function outcomeJson(file: string, { exchange, number, answer, differences }: Outcome): object {
  const { method, path } = exchange.request;
  return {
    file,
    number,
    name: exchange.name,
    method,
    path,
    same: differences.length === 0,
    differences,
    ...(differences.length > 0 && answer && { answer: { ...answer, body: bodyJson(answer.body) } }),
  };
}
