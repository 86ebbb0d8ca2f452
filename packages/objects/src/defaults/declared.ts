import type { PodTemplateSpec } from '../kinds/api-types.js';
import { lookupType, type ValueFacts } from '../schema/index.js';
import { setPodSpecDefaults } from './pod-spec.js';

export const POD_TEMPLATE = 'io.k8s.api.core.v1.PodTemplateSpec';

type Json = Record<string, unknown>;
type Step = (value: Json) => void;

const steps = new Map<string, Step>();

/**
 * Sets what the types of an object declare as the values of missing fields, however deep, and the defaults of its pod
 * templates. Zero values are no matter of this: canonical objects have them where Go writes them.
 */
export function setDeclaredDefaults(type: string, object: object): void {
  stepOf(type)(object as Json);
}

/** One function for each type, compiled on first use. Types may refer to each other in a circle. */
function stepOf(type: string): Step {
  const known = steps.get(type);
  if (known) return known;
  if (type === POD_TEMPLATE) return setTemplateDefaults;
  let run: Step | undefined;
  const step: Step = (value) => {
    run ??= compile(type);
    run(value);
  };
  steps.set(type, step);
  return step;
}

function setTemplateDefaults({ spec }: PodTemplateSpec): void {
  if (spec) setPodSpecDefaults(spec);
}

/** Metadata and status declare nothing that a client may leave to the server. */
const SKIPPED: ReadonlySet<string> = new Set(['metadata', 'status']);

function compile(type: string): Step {
  const parts = Object.entries(lookupType(type)?.fields ?? {}).flatMap(([name, facts]): Step[] => {
    if (SKIPPED.has(name)) return [];
    const { default: declared } = facts;
    const inner = innerStep(facts);
    const own: Step[] = [];
    if (isDeclared(declared)) {
      own.push((value) => {
        if (value[name] === undefined || value[name] === '') value[name] = declared;
      });
    }
    if (inner) {
      own.push((value) => {
        if (value[name] !== undefined && value[name] !== null) inner(value[name]);
      });
    }
    return own;
  });
  return (value) => {
    for (const part of parts) part(value);
  };
}

const isDeclared = (value: unknown): boolean =>
  (typeof value === 'string' && value !== '') || (typeof value === 'number' && value !== 0) || value === true;

/** Undefined for values that hold no objects with fields. */
function innerStep({ ref, arrayOf, mapOf }: ValueFacts): ((value: unknown) => void) | undefined {
  if (ref !== undefined) {
    if (!lookupType(ref)?.fields) return undefined;
    const step = stepOf(ref);
    return (value) => step(value as Json);
  }
  const inner = arrayOf ?? mapOf;
  const each = inner && innerStep(inner);
  return each && ((value) => Object.values(value as object).forEach(each));
}
