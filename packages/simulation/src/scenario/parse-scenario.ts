import { Ajv, type ErrorObject } from 'ajv';
import { type Document, isCollection, isNode, LineCounter, type Node, parseDocument } from 'yaml';
import { meaningFaults } from './meaning-faults.js';
import { type Scenario, ScenarioSchema, type ScenarioStep } from './schema.js';

/** A fault of a scenario, at a line of its file, counted from 1. */
export interface ScenarioFault {
  line: number;
  message: string;
}

/** A scenario that cannot be played. Its message has a line for each fault. */
export class ScenarioError extends Error {
  override readonly name = 'ScenarioError';
  readonly retryable = false;

  constructor(
    file: string,
    readonly faults: readonly ScenarioFault[],
  ) {
    super(faults.map(({ line, message }) => `${file}:${line}: ${message}`).join('\n'));
  }
}

const validate = new Ajv({ allErrors: true, strict: false, meta: false, validateSchema: false }).compile(
  ScenarioSchema,
);

const STEP_TIMES = ['name', 'at', 'after'];

/**
 * Reads a scenario. `file` is only its name, for messages.
 * @throws ScenarioError with every fault and its line.
 */
export function parseScenario(text: string, file: string): Scenario {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines });
  const lineAt = (offset: number): number => lines.linePos(offset).line;
  if (document.errors.length > 0) {
    throw new ScenarioError(
      file,
      document.errors.map(({ pos, message }) => ({ line: lineAt(pos[0]), message: message.split('\n')[0] ?? message })),
    );
  }
  const content = contentOf(document, file);
  if (!validate(content)) {
    const faults = (validate.errors ?? []).flatMap((error) => faultOf(error, document, lineAt));
    throw new ScenarioError(file, distinct(faults));
  }
  const scenario = content as Scenario;
  const faults = scenario.spec.steps.flatMap((step, at) => {
    const fault = stepFault(step);
    return fault === undefined
      ? []
      : [{ line: lineOf(document, ['spec', 'steps', String(at)], lineAt), message: fault }];
  });
  for (const { path, message } of meaningFaults(scenario)) {
    faults.push({ line: lineOf(document, path, lineAt), message: `${path.join('.')} ${message}` });
  }
  if (faults.length > 0) throw new ScenarioError(file, faults);
  return scenario;
}

/** An alias of nothing, and too many of them, show only now. */
function contentOf(document: Document, file: string): unknown {
  try {
    return document.toJS();
  } catch (error) {
    if (!(error instanceof ReferenceError)) throw error;
    throw new ScenarioError(file, [{ line: 1, message: error.message }]);
  }
}

/** A step does one thing. */
function stepFault(step: ScenarioStep): string | undefined {
  const does = Object.keys(step).filter((member) => !STEP_TIMES.includes(member));
  if (does.length === 1) return undefined;
  return does.length === 0 ? 'the step does nothing' : `the step does ${does.join(' and ')}: make a step of each`;
}

/** The words for a fault of the schema; none for a branch of a union: that none of them fits is a fault of its own. */
function faultOf(
  { instancePath, schemaPath, message = 'is not valid', keyword, params }: ErrorObject,
  document: Document,
  lineAt: (offset: number) => number,
): ScenarioFault[] {
  if (schemaPath.includes('/anyOf/')) return [];
  const path = instancePath.split('/').slice(1).map(unescaped);
  const { additionalProperty: extra, allowedValues } = params as {
    additionalProperty?: string;
    allowedValues?: string[];
  };
  const what = path.length === 0 ? 'the scenario' : path.join('.');
  const said =
    extra !== undefined
      ? `has no field ${extra}`
      : allowedValues
        ? `must be one of ${allowedValues.join(', ')}`
        : keyword === 'anyOf'
          ? 'has none of the forms that it may have (docs/simulate.md)'
          : message;
  return [
    { line: lineOf(document, extra === undefined ? path : [...path, extra], lineAt), message: `${what} ${said}` },
  ];
}

const unescaped = (part: string): string => part.replaceAll('~1', '/').replaceAll('~0', '~');

/** The line of the innermost node on the path. */
function lineOf(document: Document, path: readonly string[], lineAt: (offset: number) => number): number {
  let node: unknown = document.contents;
  let offset = offsetOf(node) ?? 0;
  for (const part of path) {
    if (!isCollection(node)) break;
    const key = /^\d+$/.test(part) && 'items' in node && !('has' in node && node.has(part)) ? Number(part) : part;
    const pair = node.items.find((item) => (item as { key?: { value?: unknown } }).key?.value === part) as
      | { key?: Node }
      | undefined;
    offset = offsetOf(pair?.key) ?? offset;
    const next: unknown = node.get(key, true);
    if (next === undefined) break;
    if (!pair) offset = offsetOf(next) ?? offset;
    node = next;
  }
  return lineAt(offset);
}

const offsetOf = (node: unknown): number | undefined => (isNode(node) ? node.range?.[0] : undefined);

function distinct(faults: readonly ScenarioFault[]): ScenarioFault[] {
  const byText = new Map(faults.map((fault) => [`${fault.line} ${fault.message}`, fault]));
  return [...byText.values()].sort((a, b) => a.line - b.line);
}
