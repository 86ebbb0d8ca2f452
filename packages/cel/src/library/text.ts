import { spend } from '../budget.js';
import { MATCHES } from '../metering.js';
import { patternOf } from '../pattern.js';
import type { Environment } from '../program.js';

const chargeText = (text: string, pattern: string): void =>
  spend(Math.ceil(text.length / 10) * Math.max(1, Math.ceil(pattern.length / 4)));

function findAll(text: string, pattern: string, limit: number): string[] {
  chargeText(text, pattern);
  const matcher = patternOf(pattern).matcher(text);
  const found: string[] = [];
  while ((limit < 0 || found.length < limit) && matcher.find()) found.push(matcher.group() ?? '');
  return found;
}

const within = (at: number, length: number): number => {
  if (at < 0 || at > length) throw new Error(`index out of range: ${at}`);
  return at;
};

function replace(text: string, old: string, by: string, limit: number): string {
  spend(Math.ceil(text.length / 10));
  if (limit === 0) return text;
  // As Go: an empty text is found before each character, and at the end.
  const parts = old === '' ? ['', ...text, ''] : text.split(old);
  const cut = limit < 0 ? parts.length - 1 : Math.min(limit, parts.length - 1);
  spend(Math.ceil((cut * by.length) / 10));
  const replaced = parts.slice(0, cut + 1).join(by);
  return [replaced, ...parts.slice(cut + 1)].join(old);
}

/** The form of one value in `format`. */
function formatted(value: unknown, verb: string, precision: number | undefined): string {
  switch (verb) {
    case 's':
      return textOf(value);
    case 'd':
      if (typeof value !== 'bigint') throw new Error('decimal clause can only be used on integers');
      return value.toString();
    case 'f':
      return Number(value).toFixed(precision ?? 6);
    case 'e':
      return Number(value)
        .toExponential(precision ?? 6)
        .replace(/e([+-])(\d)$/, 'e$10$2');
    case 'b':
      if (typeof value === 'boolean') return value ? '1' : '0';
      if (typeof value !== 'bigint') throw new Error('only integers and bools can be formatted as binary');
      return value.toString(2);
    case 'o':
      if (typeof value !== 'bigint') throw new Error('octal clause can only be used on integers');
      return value.toString(8);
    case 'x':
    case 'X': {
      const hex = typeof value === 'bigint' ? value.toString(16) : Buffer.from(textOf(value)).toString('hex');
      return verb === 'X' ? hex.toUpperCase() : hex;
    }
    default:
      throw new Error(`could not parse formatting clause: unrecognized formatting clause "${verb}"`);
  }
}

function textOf(value: unknown): string {
  if (value === null) return 'null';
  if (typeof value === 'string') return value;
  if (typeof value === 'bigint' || typeof value === 'number' || typeof value === 'boolean') return String(value);
  if (value instanceof Date) return value.toISOString().replace('.000Z', 'Z');
  if (value instanceof Uint8Array) return Buffer.from(value).toString();
  if (Array.isArray(value)) return `[${value.map(textOf).join(', ')}]`;
  const made = (value as object).constructor;
  if (made !== undefined && made !== Object && !(value instanceof Map)) return String(value);
  const entries = value instanceof Map ? [...value] : Object.entries(value as object);
  return `{${entries
    .map(([key, member]) => `${textOf(key)}: ${textOf(member)}`)
    .sort()
    .join(', ')}}`;
}

function format(text: string, values: readonly unknown[]): string {
  let at = 0;
  const out = text.replace(/%(?:%|(?:\.(\d+))?([a-zA-Z]))/g, (clause, precision: string | undefined, verb: string) => {
    if (clause === '%%') return '%';
    if (at >= values.length) throw new Error(`index ${at} out of range`);
    const value = values[at];
    at += 1;
    return formatted(value, verb, precision === undefined ? undefined : Number(precision));
  });
  spend(Math.ceil(out.length / 10));
  return out;
}

/** Texts: what of cel-go's string extension the library lacks, and Kubernetes' find and findAll. */
export function addText(environment: Environment): void {
  environment
    .registerFunction(`string.${MATCHES}(string): bool`, (text: string, pattern: string) => {
      chargeText(text, pattern);
      return patternOf(pattern).matcher(text).find();
    })
    .registerFunction('string.find(string): string', (text: string, pattern: string) => {
      return findAll(text, pattern, 1)[0] ?? '';
    })
    .registerFunction('string.findAll(string): list<string>', (text: string, pattern: string) =>
      findAll(text, pattern, -1),
    )
    .registerFunction('string.findAll(string, int): list<string>', (text: string, pattern: string, limit: bigint) =>
      findAll(text, pattern, Number(limit)),
    )
    .registerFunction('string.charAt(int): string', (text: string, at: bigint) => {
      const characters = [...text];
      return characters[within(Number(at), characters.length)] ?? '';
    })
    .registerFunction('string.replace(string, string): string', (text: string, old: string, by: string) =>
      replace(text, old, by, -1),
    )
    .registerFunction(
      'string.replace(string, string, int): string',
      (text: string, old: string, by: string, limit: bigint) => replace(text, old, by, Number(limit)),
    )
    .registerFunction('string.format(list): string', format)
    .registerFunction('string.reverse(): string', (text: string) => [...text].reverse().join(''));
}
