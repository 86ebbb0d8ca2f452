import type { ASTNode } from '@marcbachmann/cel-js';
import { spend } from './budget.js';

/** The name under which the environment has the matching of texts in linear time. */
export const MATCHES = 'matchesInLinearTime';

type Evaluate = (this: Node, ...rest: unknown[]) => unknown;

/** What this file knows of a node beyond its public type. */
interface Node {
  op: string;
  args: unknown;
  meta: { alternate?: unknown; macro?: unknown };
  evaluate: Evaluate;
}

/**
 * Makes each turn of a loop cost as many steps as it has nodes: the library itself has no bound of an evaluation. It
 * also replaces the matching of texts, which the library does with JavaScript's regular expressions, and these may take
 * time that grows exponentially with the text.
 */
export function meter(ast: ASTNode): void {
  const root = ast as unknown as Node;
  const isNode = (value: unknown): value is Node =>
    typeof value === 'object' && value !== null && value.constructor === root.constructor;
  const seen = new Set<unknown>();
  const visit = (value: unknown): number => {
    if (Array.isArray(value)) return value.reduce((sum: number, one) => sum + visit(one), 0);
    if (!isNode(value) || seen.has(value)) return 0;
    seen.add(value);
    const { op, args, meta } = value;
    if (meta.alternate !== undefined) return visit(meta.alternate);
    if (op === 'call' && Array.isArray(args) && args[0] === 'has' && isMacro(meta.macro)) widenHas(meta.macro);
    if (isMacro(meta.macro)) return 1 + macroParts(meta.macro).reduce((sum: number, one) => sum + visit(one), 0);
    if (op === 'rcall' && Array.isArray(args) && args[0] === 'matches' && (args[2] as unknown[]).length === 1) {
      args[0] = MATCHES;
    }
    if (op === '+') chargeResult(value);
    if (op !== 'comprehension') return 1 + visit(args);
    const { iterable, init, step } = args as { iterable: unknown; init: unknown; step: unknown };
    const turn = visit(step);
    if (isNode(step)) charge(step, turn);
    return 1 + visit(iterable) + visit(init) + turn;
  };
  visit(root);
}

interface Checker {
  check(node: unknown, context: unknown): unknown;
  getType(name: string): unknown;
}

/**
 * Lets `has(list[0].field)` and `has(f().field)` be asked: the library takes fields of variables alone. The fields on
 * the way are checked too, as upstream.
 */
function widenHas(macro: Record<string, unknown>): void {
  const own = macro.typeCheck as (checker: Checker, macro: unknown, context: unknown) => unknown;
  macro.typeCheck = (checker: Checker, part: Record<string, unknown>, context: unknown) => {
    const [asked] = part.args as (Node | undefined)[];
    if (asked?.op !== '.') return own(checker, part, context);
    checker.check(asked, context);
    const chain: Node[] = [];
    let node: Node = asked;
    while (node.op === '.' || node.op === '.?') {
      chain.push(node);
      node = (node.args as [Node, string])[0];
    }
    part.macroHasProps = [...chain, node];
    return checker.getType('bool');
  };
}

const isMacro = (macro: unknown): macro is Record<string, unknown> => typeof macro === 'object' && macro !== null;

const macroParts = (macro: Record<string, unknown>): unknown[] =>
  Object.values(macro).filter((part) => typeof part === 'object');

function charge(node: Node, steps: number): void {
  wrap(node, (evaluate) => {
    spend(steps);
    return evaluate();
  });
}

/** Joined texts and lists are paid for by their length: each join may double what is there. */
function chargeResult(node: Node): void {
  wrap(node, (evaluate) => {
    const value = evaluate();
    if (typeof value === 'string') spend(Math.ceil(value.length / 10));
    else if (Array.isArray(value)) spend(value.length);
    return value;
  });
}

/** A node replaces its own `evaluate` when it first runs, so what it puts there is kept behind the charge. */
function wrap(node: Node, around: (evaluate: () => unknown) => unknown): void {
  let own: Evaluate | undefined;
  const inherited = (Object.getPrototypeOf(node) as Node).evaluate;
  const charged: Evaluate = function (...rest) {
    return around(() => (own ?? inherited).apply(this, rest));
  };
  Object.defineProperty(node, 'evaluate', {
    get: () => charged,
    set: (next: Evaluate) => {
      if (next !== charged) own = next;
    },
  });
}
