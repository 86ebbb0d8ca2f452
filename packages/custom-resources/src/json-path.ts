import { isMap, propertyOf } from './schema.js';

type Step =
  | { kind: 'member'; name: string }
  | { kind: 'slice'; from: number; to: number | undefined }
  | { kind: 'all' }
  | { kind: 'below' }
  | Filter;

interface Filter {
  kind: 'filter';
  path: readonly string[];
  /** Undefined asks whether the path leads to anything. */
  operator: string | undefined;
  value: unknown;
}

const MEMBER = String.raw`\.([A-Za-z_$][\w$-]*(?:\\.[\w-]*)*)`;
const SLICE = String.raw`\[(-?\d+)\]|\[(-?\d*):(-?\d*)\]`;
const QUOTED = String.raw`\['((?:[^'\\]|\\.)*)'\]|\["((?:[^"\\]|\\.)*)"\]`;
const CONSTANT = String.raw`"([^"]*)"|'([^']*)'|(true|false|-?\d+(?:\.\d+)?)`;
const FILTER = String.raw`\[\?\(\s*@((?:\.[\w-]+)+)\s*(?:(==|!=|<=|>=|<|>)\s*(?:${CONSTANT})\s*)?\)\]`;
const STEP = new RegExp(`${MEMBER}|${SLICE}|\\[\\*\\]|\\.\\*|(\\.)(?=\\.)|${QUOTED}|${FILTER}`, 'y');

/**
 * Reads a JSON path, as columns and selectable fields have it; undefined for one that it does not know.
 * Source of the forms: client-go util/jsonpath/parser.go.
 */
export function parsePath(text: string): readonly Step[] | undefined {
  const steps: Step[] = [];
  const pattern = new RegExp(STEP);
  while (pattern.lastIndex < text.length) {
    const match = pattern.exec(text);
    if (!match) return undefined;
    steps.push(stepOf(match));
  }
  // Each looks at everything that the one before has found.
  if (steps.filter(({ kind }) => kind === 'below').length > MAX_BELOW) return undefined;
  return steps.length > 0 ? steps : undefined;
}

const MAX_BELOW = 2;

function stepOf(match: RegExpExecArray): Step {
  const [, name, index, from, to, below, single, double, path, operator, textA, textB, bare] = match;
  const quoted = single ?? double;
  if (name !== undefined || quoted !== undefined) {
    return { kind: 'member', name: (name ?? quoted ?? '').replace(/\\(.)/g, '$1') };
  }
  if (index !== undefined) return { kind: 'slice', from: Number(index), to: endOf(Number(index) + 1) };
  if (from !== undefined) return { kind: 'slice', from: Number(from), to: to ? Number(to) : undefined };
  if (below !== undefined) return { kind: 'below' };
  if (path === undefined) return { kind: 'all' };
  const value = bare === undefined ? (textA ?? textB ?? '') : constantOf(bare);
  return { kind: 'filter', path: path.slice(1).split('.'), operator, value };
}

/** The item after the last one has no number that counts from the end. */
const endOf = (end: number): number | undefined => (end === 0 ? undefined : end);

/** `007` is a number here, and none of JSON. */
const constantOf = (text: string): unknown => (text === 'true' || text === 'false' ? text === 'true' : Number(text));

/** How many values a path may find: one that looks below everything could find more than there is memory for. */
const MAX_FOUND = 10_000;

/** The values that a path finds. */
export function valuesAt(value: unknown, steps: readonly Step[]): unknown[] {
  return steps.reduce(
    (found: unknown[], step) => found.flatMap((one) => stepped(one, step)).slice(0, MAX_FOUND),
    [value],
  );
}

function stepped(value: unknown, step: Step): unknown[] {
  switch (step.kind) {
    case 'member':
      return isMap(value) && Object.hasOwn(value, step.name) ? [value[step.name]] : [];
    case 'slice':
      return Array.isArray(value) ? value.slice(step.from, step.to) : [];
    case 'all':
      return Array.isArray(value) ? value : isMap(value) ? Object.values(value) : [];
    case 'below':
      return [value, ...membersOf(value).flatMap((one) => stepped(one, step))];
    case 'filter':
      return membersOf(value).filter((item) => holds(item, step));
  }
}

const membersOf = (value: unknown): unknown[] =>
  Array.isArray(value) ? value : isMap(value) ? Object.values(value) : [];

function holds(item: unknown, { path, operator, value }: Filter): boolean {
  const found = path.reduce((one: unknown, name) => (isMap(one) ? propertyOf(one, name) : undefined), item);
  if (found === undefined || operator === undefined) return found !== undefined;
  if (operator === '==') return found === value;
  if (operator === '!=') return found !== value;
  const [a, b] = [found, value] as [number, number];
  if (typeof found !== typeof value) return false;
  return operator === '<' ? a < b : operator === '>' ? a > b : operator === '<=' ? a <= b : a >= b;
}
