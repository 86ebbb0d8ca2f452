import { isMap } from './schema.js';

type Step = { kind: 'member'; name: string } | { kind: 'index'; at: number } | { kind: 'all' } | Filter;

interface Filter {
  kind: 'filter';
  path: readonly string[];
  value: unknown;
}

const STEP =
  /\.([A-Za-z_$][\w-]*(?:\\\.[\w-]+)*(?:\\\/[\w.-]+)*)|\[(\d+)\]|\[\*\]|\.\*|\['((?:[^'\\]|\\.)*)'\]|\[\?\(@((?:\.[\w-]+)+)\s*==\s*(?:"([^"]*)"|'([^']*)'|(true|false|-?\d+))\)\]/y;

/** Reads a simple JSON path, as columns and selectable fields have it; undefined for one that it does not know. */
export function parsePath(text: string): readonly Step[] | undefined {
  const steps: Step[] = [];
  STEP.lastIndex = 0;
  while (STEP.lastIndex < text.length) {
    const match = STEP.exec(text);
    if (!match) return undefined;
    const [all, name, index, quoted, filter, double, single, bare] = match;
    if (name !== undefined) steps.push({ kind: 'member', name: name.replace(/\\(.)/g, '$1') });
    else if (index !== undefined) steps.push({ kind: 'index', at: Number(index) });
    else if (quoted !== undefined) steps.push({ kind: 'member', name: quoted.replace(/\\(.)/g, '$1') });
    else if (filter !== undefined) {
      const value = bare === undefined ? (double ?? single ?? '') : constantOf(bare);
      steps.push({ kind: 'filter', path: filter.slice(1).split('.'), value });
    } else if (all !== '') steps.push({ kind: 'all' });
  }
  return steps.length > 0 ? steps : undefined;
}

/** `007` is a number here, and none of JSON. */
const constantOf = (text: string): unknown => (text === 'true' || text === 'false' ? text === 'true' : Number(text));

/** The values that a path finds. */
export function valuesAt(value: unknown, steps: readonly Step[]): unknown[] {
  return steps.reduce((found: unknown[], step) => found.flatMap((one) => stepped(one, step)), [value]);
}

function stepped(value: unknown, step: Step): unknown[] {
  switch (step.kind) {
    case 'member':
      return isMap(value) && value[step.name] !== undefined ? [value[step.name]] : [];
    case 'index':
      return Array.isArray(value) && step.at < value.length ? [value[step.at] as unknown] : [];
    case 'all':
      return Array.isArray(value) ? value : isMap(value) ? Object.values(value) : [];
    case 'filter':
      return Array.isArray(value)
        ? value.filter((item) => {
            const found = step.path.reduce((one: unknown, name) => (isMap(one) ? one[name] : undefined), item);
            return found === step.value;
          })
        : [];
  }
}
