import { POD_TEMPLATE } from '../defaults/declared.js';
import type { FieldError } from '../field-error.js';
import type { LabelSelector, PodTemplateSpec } from '../kinds/api-types.js';
import { type FieldFacts, lookupType, type ValueFacts } from '../schema/index.js';
import { notSupported, required } from './field-errors.js';
import { validateLabelSelector } from './label-selector.js';
import { validatePodTemplate } from './pod-spec.js';

const LABEL_SELECTOR = 'io.k8s.apimachinery.pkg.apis.meta.v1.LabelSelector';

type Json = Record<string, unknown>;
type Check = (value: unknown, path: string) => FieldError[];

/** Parts whose rules are those of every object, or none. */
const SKIPPED: ReadonlySet<string> = new Set(['apiVersion', 'kind', 'metadata', 'status']);

const checks = new Map<string, Check>();

/**
 * The errors that the facts of a type tell: required texts that are empty, values that are not of a closed list, label
 * selectors and pod templates that break their own rules. The status is not checked.
 */
export function validateByFacts(type: string, object: object): FieldError[] {
  return checkOf(type)(object, '');
}

/** One function for each type, compiled on first use. Types may refer to each other in a circle. */
function checkOf(type: string): Check {
  if (type === POD_TEMPLATE) return (value, path) => validatePodTemplate(value as PodTemplateSpec, path);
  if (type === LABEL_SELECTOR) return (value, path) => validateLabelSelector(value as LabelSelector, path);
  const known = checks.get(type);
  if (known) return known;
  let run: Check | undefined;
  const check: Check = (value, path) => {
    run ??= compile(type);
    return run(value, path);
  };
  checks.set(type, check);
  return check;
}

function compile(type: string): Check {
  const { fields = {}, required: names = [] } = lookupType(type) ?? {};
  const parts = Object.entries(fields).flatMap(([name, facts]) => {
    const check = SKIPPED.has(name) ? undefined : fieldCheck(facts, names.includes(name));
    return check ? [{ name, check }] : [];
  });
  return (value, path) =>
    parts.flatMap(({ name, check }) => check((value as Json)[name], path === '' ? name : `${path}.${name}`));
}

/** Undefined for a field about which its facts tell nothing. */
function fieldCheck(facts: FieldFacts, isRequired: boolean): Check | undefined {
  const inner = valueCheck(facts);
  const isText = facts.type === 'string' && facts.format === undefined;
  if (!inner && !(isRequired && isText)) return undefined;
  return (value, path) => {
    if (isRequired && isText && (value === undefined || value === '')) return [required(path)];
    return value === undefined || value === null ? [] : (inner?.(value, path) ?? []);
  };
}

function valueCheck({ ref, arrayOf, mapOf, enum: values }: ValueFacts): Check | undefined {
  if (ref !== undefined) return lookupType(ref)?.fields && checkOf(ref);
  if (values) {
    return (value, path) => (value === '' || values.includes(String(value)) ? [] : [notSupported(path, value, values)]);
  }
  const each = arrayOf && valueCheck(arrayOf);
  if (each) return (value, path) => (value as unknown[]).flatMap((item, at) => each(item, `${path}[${at}]`));
  const inEach = mapOf && valueCheck(mapOf);
  return (
    inEach && ((value, path) => Object.entries(value as Json).flatMap(([key, item]) => inEach(item, `${path}[${key}]`)))
  );
}
