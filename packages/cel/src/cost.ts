import { MATCHES } from './metering.js';

/** What is declared of the values of an expression, as far as their cost depends on it. */
export interface Declared {
  readonly kind: 'list' | 'map' | 'object' | 'text' | 'scalar';
  /** The most elements, members or characters that a value has; for others 1. */
  readonly most: number;
  /** Of the items of a list, and of the values of a map. */
  readonly element?: Declared | undefined;
  /** Of the keys of a map. */
  readonly key?: Declared | undefined;
  /** Of the fields of an object. */
  readonly fields?: ReadonlyMap<string, Declared>;
}

/** Source: cel-go checker/cost.go and common/common.go. */
const LIST_BASE = 10;
const MAP_BASE = 30;
const TRAVERSAL = 0.1;
const REGEX = 0.25;

const UNKNOWN: Declared = { kind: 'scalar', most: Number.POSITIVE_INFINITY };
const SCALAR: Declared = { kind: 'scalar', most: 1 };

/** What an expression costs at most, and what is known of its values. */
interface Estimate {
  cost: number;
  value: Declared;
}

type Scope = ReadonlyMap<string, Declared>;

interface Node {
  op: string;
  args: unknown;
  meta?: { alternate?: Node; macro?: unknown };
}

interface Comprehension {
  iterable: Node;
  iterVarName: string;
  init: Node;
  step: Node;
}

/**
 * The most that an evaluation can cost, in the units of upstream: of the sizes that are declared. What has no bound
 * costs `Infinity`.
 */
export function estimateCost(ast: unknown, variables: Scope): number {
  return estimate(ast as Node, variables).cost;
}

/** True where an expression names a variable. */
export function usesVariable(ast: unknown, name: string): boolean {
  if (Array.isArray(ast)) return ast.some((one) => usesVariable(one, name));
  if (typeof ast !== 'object' || ast === null) return false;
  const { op, args } = ast as Node;
  if (op === 'id') return args === name;
  // A comprehension hides its macro, whose arguments have the same names.
  return op === undefined ? false : usesVariable(op === 'value' ? undefined : args, name);
}

function estimate(node: Node, scope: Scope): Estimate {
  const { op, args, meta } = node;
  if (meta?.alternate) return estimate(meta.alternate, scope);
  switch (op) {
    case 'value':
      return { cost: 0, value: literal(args) };
    case 'id':
      return { cost: 1, value: scope.get(args as string) ?? UNKNOWN };
    case '.':
    case '.?': {
      const [of, name] = args as [Node, string];
      const target = estimate(of, scope);
      const { fields, element } = target.value;
      return { cost: target.cost + 1, value: fields?.get(name) ?? element ?? UNKNOWN };
    }
    case '[]':
    case '[?]': {
      const [of, at] = (args as [Node, Node]).map((one) => estimate(one, scope)) as [Estimate, Estimate];
      return { cost: of.cost + at.cost + 1, value: of.value.element ?? UNKNOWN };
    }
    case 'list':
      return ofList(args as Node[], scope);
    case 'map':
      return ofMap(args as [Node, Node][], scope);
    case 'comprehension':
      return ofComprehension(args as Comprehension, scope);
    case '?:': {
      const [when, then, or] = (args as Node[]).map((one) => estimate(one, scope)) as [Estimate, Estimate, Estimate];
      return { cost: when.cost + Math.max(then.cost, or.cost), value: larger(then.value, or.value) };
    }
    case 'call':
    case 'rcall':
      return ofCall(node, scope);
    default:
      return ofOperator(op, (Array.isArray(args) ? args : [args]).filter(isNode), scope);
  }
}

const isNode = (value: unknown): value is Node => typeof value === 'object' && value !== null && 'op' in value;

const literal = (value: unknown): Declared =>
  typeof value === 'string' ? { kind: 'text', most: value.length } : SCALAR;

const larger = (a: Declared, b: Declared): Declared => (a.most >= b.most ? a : b);

function ofList(items: readonly Node[], scope: Scope): Estimate {
  const all = items.map((one) => estimate(one, scope));
  const element = all.map(({ value }) => value).reduce((a, b) => larger(a, b), SCALAR);
  return {
    cost: LIST_BASE + all.reduce((sum, { cost }) => sum + cost, 0),
    value: { kind: 'list', most: items.length, element },
  };
}

function ofMap(entries: readonly [Node, Node][], scope: Scope): Estimate {
  const all = entries.flat().map((one) => estimate(one, scope));
  const element = all.map(({ value }) => value).reduce((a, b) => larger(a, b), SCALAR);
  return {
    cost: MAP_BASE + all.reduce((sum, { cost }) => sum + cost, 0),
    value: { kind: 'map', most: entries.length, element, key: element },
  };
}

/** Upstream reads its accumulator and asks whether to go on in every turn. */
const TURN = 3;

function ofComprehension({ iterable, iterVarName, init, step }: Comprehension, scope: Scope): Estimate {
  const range = estimate(iterable, scope);
  const { kind, most, element, key } = range.value;
  const item = kind === 'map' ? (key ?? UNKNOWN) : (element ?? UNKNOWN);
  const turn = estimate(step, new Map([...scope, [iterVarName, item]]));
  const cost = range.cost + estimate(init, scope).cost + product(most, turn.cost + TURN) + 1;
  const collects = init.op === 'list' || init.op === 'map';
  return { cost, value: collects ? { kind: init.op as 'list' | 'map', most, element: turn.value } : SCALAR };
}

/** Nothing that is done without end costs nothing. */
const product = (a: number, b: number): number => (a === 0 || b === 0 ? 0 : a * b);

const traversal = ({ most }: Declared, factor = TRAVERSAL): number => Math.ceil(most * factor);

function ofOperator(op: string, operands: readonly Node[], scope: Scope): Estimate {
  const all = operands.map((one) => estimate(one, scope));
  const sum = all.reduce((total, { cost }) => total + cost, 0);
  const [a = UNKNOWN, b = UNKNOWN] = all.map(({ value }) => value);
  switch (op) {
    case '&&':
    case '||':
      return { cost: sum, value: SCALAR };
    case '==':
    case '!=':
    case '<':
    case '<=':
    case '>':
    case '>=': {
      const isSized = a.kind !== 'scalar' && b.kind !== 'scalar';
      return { cost: sum + (isSized ? Math.ceil(Math.min(a.most, b.most) * TRAVERSAL) : 1), value: SCALAR };
    }
    case 'in':
      return { cost: sum + (b.kind === 'map' || b.kind === 'object' ? 1 : b.most), value: SCALAR };
    case '+': {
      const kind = a.kind === 'list' || b.kind === 'list' ? 'list' : a.kind === 'text' ? 'text' : 'scalar';
      if (kind === 'scalar') return { cost: sum + 1, value: SCALAR };
      const cost = kind === 'text' ? Math.ceil((a.most + b.most) * TRAVERSAL) : 1;
      return {
        cost: sum + cost,
        value: { kind, most: a.most + b.most, element: larger(a.element ?? SCALAR, b.element ?? SCALAR) },
      };
    }
    case 'accuPush':
      return { cost: sum + LIST_BASE + 1, value: a };
    default:
      return { cost: sum + 1, value: SCALAR };
  }
}

/** Functions whose result is what they were called on, or a part of it. */
const PARTS = new Set(['filter', 'sort', 'reverse', 'distinct', 'slice', 'flatten', 'trim', 'substring', 'lowerAscii']);
const WALKS = new Set([
  'sum',
  'min',
  'max',
  'isSorted',
  'indexOf',
  'lastIndexOf',
  'sort',
  'distinct',
  'flatten',
  'reverse',
]);
const TEXTS = new Set(['lowerAscii', 'upperAscii', 'trim', 'substring', 'replace', 'split', 'join', 'find', 'findAll']);

function ofCall({ op, args }: Node, scope: Scope): Estimate {
  const [name, ...rest] = args as [string, ...unknown[]];
  if (name === 'bind' && op === 'rcall') return ofBinding(rest[1] as [Node, Node, Node], scope);
  const operands = op === 'rcall' ? [rest[0] as Node, ...(rest[1] as Node[])] : (rest[0] as Node[]);
  const all = operands.map((one) => estimate(one, scope));
  const sum = all.reduce((total, { cost }) => total + cost, 0);
  const [on = UNKNOWN, by = UNKNOWN] = all.map(({ value }) => value);
  const own = callCost(name, on, by);
  return { cost: sum + own, value: resultOf(name, on) };
}

/** `cel.bind(name, value, expression)`. */
function ofBinding([name, value, body]: [Node, Node, Node], scope: Scope): Estimate {
  const bound = estimate(value, scope);
  const { cost, value: result } = estimate(body, new Map([...scope, [name.args as string, bound.value]]));
  return { cost: bound.cost + cost + LIST_BASE, value: result };
}

function callCost(name: string, on: Declared, by: Declared): number {
  switch (name) {
    case 'has':
      return 0;
    case 'startsWith':
    case 'endsWith':
      return traversal(by);
    case 'contains':
      return product(traversal(on), traversal(by));
    case MATCHES:
    case 'matches':
    case 'find':
    case 'findAll':
      return product(Math.ceil((on.most + 1) * TRAVERSAL), traversal(by, REGEX));
    default:
      if (WALKS.has(name) && on.kind === 'list') return on.most;
      return TEXTS.has(name) ? Math.max(1, traversal(on)) : 1;
  }
}

function resultOf(name: string, on: Declared): Declared {
  if (PARTS.has(name)) return on;
  if (name === 'replace' || name === 'upperAscii' || name === 'find' || name === 'string') {
    return { kind: 'text', most: on.kind === 'text' ? on.most : 64 };
  }
  if (name === 'split' || name === 'findAll')
    return { kind: 'list', most: on.most, element: { kind: 'text', most: on.most } };
  if (name === 'orValue' || name === 'value' || name === 'dyn') return on;
  return SCALAR;
}
