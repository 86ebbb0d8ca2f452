import {
  Budget,
  baseEnvironment,
  CelError,
  type Compiled,
  compile,
  type Environment,
  evaluateMessage,
  RUNTIME_COST_BUDGET,
} from '@everynode/cel';
import { appendErrors, type FieldError } from '@everynode/objects';
import { isMap, memberSchema, type Rule, type Schema } from './schema.js';
import { joined, oldItems, typeNameOf } from './validate.js';

/** The words that cannot be names in the language. Source: apiserver pkg/cel/escaping.go. */
const RESERVED = new Set(
  'true false null in as break const continue else for function if import let loop package namespace return var void while'.split(
    ' ',
  ),
);
const IDENTIFIER = /^[a-zA-Z_][a-zA-Z0-9_]*$/;

/** The name of a property in expressions; undefined for one that no expression can name. */
function escaped(name: string): string | undefined {
  if (RESERVED.has(name)) return `__${name}__`;
  const text = name
    .replaceAll('__', '__underscores__')
    .replaceAll('.', '__dot__')
    .replaceAll('-', '__dash__')
    .replaceAll('/', '__slash__');
  return IDENTIFIER.test(text) ? text : undefined;
}

/** A value as rules meet it, by its schema: numbers by their type, and times and bytes where the format says so. */
function valueFor(value: unknown, schema: Schema | undefined): unknown {
  if (value === null || value === undefined) return null;
  if (Array.isArray(value)) return value.map((item) => valueFor(item, schema?.items));
  if (isMap(value)) {
    const entries = Object.entries(value).flatMap(([key, member]): [string, unknown][] => {
      const known = schema && memberSchema(schema, key);
      const isProperty = schema?.properties && Object.hasOwn(schema.properties, key);
      const name = isProperty ? escaped(key) : key;
      return name === undefined ? [] : [[name, valueFor(member, known)]];
    });
    return Object.fromEntries(entries);
  }
  if (typeof value === 'number') {
    return schema?.type === 'number' || !Number.isSafeInteger(value) ? value : BigInt(value);
  }
  if (typeof value === 'string' && schema?.format === 'date-time') return new Date(value);
  if (typeof value === 'string' && schema?.format === 'byte') return new Uint8Array(Buffer.from(value, 'base64'));
  return value;
}

const environment: Environment = baseEnvironment().registerVariable('self', 'dyn').registerVariable('oldSelf', 'dyn');

interface Ready {
  rule: Rule;
  program: Compiled;
  message: Compiled | undefined;
  isTransition: boolean;
}

const compiledRules = new WeakMap<Schema, Ready[]>();

/** Rules that do not compile are refused with their definition, so none is here. */
function readyRules(schema: Schema): Ready[] {
  const known = compiledRules.get(schema);
  if (known) return known;
  const ready = (schema['x-kubernetes-validations'] ?? []).map((rule) => ({
    rule,
    program: compile(environment, rule.rule),
    message: rule.messageExpression ? compile(environment, rule.messageExpression) : undefined,
    isTransition: /\boldSelf\b/.test(rule.rule),
  }));
  compiledRules.set(schema, ready);
  return ready;
}

const rulesBelow = new WeakMap<Schema, boolean>();

/** True where the schema, or one within it, has rules. */
function hasRules(schema: Schema): boolean {
  const known = rulesBelow.get(schema);
  if (known !== undefined) return known;
  const { properties, additionalProperties, items } = schema;
  const inner = [...Object.values(properties ?? {}), items, additionalProperties].filter(
    (one): one is Schema => typeof one === 'object',
  );
  const has = (schema['x-kubernetes-validations'] ?? []).length > 0 || inner.some(hasRules);
  rulesBelow.set(schema, has);
  return has;
}

/** Checks the rules of a schema and of all within it. Source: pkg/apiserver/schema/cel/validation.go. */
export function ruleErrors(value: unknown, schema: Schema, old: unknown): FieldError[] {
  return hasRules(schema) ? errorsAt(value, schema, { path: '', old, budget: new Budget(RUNTIME_COST_BUDGET) }) : [];
}

interface Place {
  path: string;
  old: unknown;
  budget: Budget;
}

function errorsAt(value: unknown, schema: Schema, place: Place): FieldError[] {
  if (!hasRules(schema) || (value === null && schema.nullable)) return [];
  const { path, old, budget } = place;
  const errors = readyRules(schema).flatMap((ready) => errorOf(ready, value, schema, place) ?? []);
  if (Array.isArray(value)) {
    const { items } = schema;
    if (!items) return errors;
    const before = oldItems(schema, old);
    for (const [at, item] of value.entries()) {
      appendErrors(errors, errorsAt(item, items, { path: `${path}[${at}]`, old: before(item), budget }));
    }
  } else if (isMap(value)) {
    for (const [key, member] of Object.entries(value)) {
      const known = memberSchema(schema, key);
      const before = isMap(old) ? old[key] : undefined;
      if (known) appendErrors(errors, errorsAt(member, known, { path: joined(path, key), old: before, budget }));
    }
  }
  return errors;
}

function errorOf(
  { rule, program, message, isTransition }: Ready,
  value: unknown,
  schema: Schema,
  { path, old, budget }: Place,
): FieldError | undefined {
  if (isTransition && old === undefined && !rule.optionalOldSelf) return undefined;
  const variables: Record<string, unknown> = { self: valueFor(value, schema) };
  if (isTransition) variables.oldSelf = valueFor(old, schema);
  const type = schema.type ?? typeNameOf(value);
  const at = (detail: string): FieldError => ({ type: 'FieldValueInvalid', field: path, value: type, detail });
  try {
    if (program.evaluate(variables, budget) === true) return undefined;
  } catch (error) {
    if (!(error instanceof CelError)) throw error;
    if (error.message.endsWith('actual cost limit exceeded')) {
      return at('validation failed due to running out of cost budget, no further validation rules will be run');
    }
    const why = error.message.replace(/^expression '[\s\S]*' resulted in error: /, '');
    return at(`${why} evaluating rule: ${shownRule(rule)}`);
  }
  const field = rule.fieldPath ? `${path}${rule.fieldPath}`.replace(/^\./, '') : path;
  const detail = messageOf(rule, message, variables, budget);
  if (rule.reason === 'FieldValueForbidden') return { type: 'FieldValueForbidden', field, detail };
  if (rule.reason === 'FieldValueRequired') return { type: 'FieldValueRequired', field, detail };
  const shown = typeof value === 'object' && value !== null ? type : value;
  if (rule.reason === 'FieldValueDuplicate') return { type: 'FieldValueDuplicate', field, value: shown, detail: '' };
  return { type: 'FieldValueInvalid', field, value: shown, detail };
}

function messageOf(rule: Rule, program: Compiled | undefined, variables: object, budget: Budget): string {
  const made = program && evaluateMessage(program, variables, budget);
  return made ?? (rule.message?.trim() || `failed rule: ${shownRule(rule)}`);
}

const shownRule = ({ rule, message }: Rule): string => message?.trim() || rule.trim();

/** Faults of the rules of a schema themselves, at `path` in the definition. */
export function ruleFaults(schema: Schema, path: string): FieldError[] {
  const rules = schema['x-kubernetes-validations'] ?? [];
  if (rules.length === 0) return [];
  const typed = typedEnvironment(schema);
  return rules.flatMap(({ rule, messageExpression }, at) => {
    const place = `${path}.x-kubernetes-validations[${at}]`;
    const faults: FieldError[] = [];
    const check = (text: string, field: string, returns: string) => {
      try {
        compile(typed, text, [returns]);
      } catch (error) {
        if (!(error instanceof CelError)) throw error;
        faults.push({ type: 'FieldValueInvalid', field, value: text, detail: error.message });
      }
    };
    if (rule.trim() === '') {
      const detail = 'rule is not specified';
      faults.push({ type: 'FieldValueRequired', field: `${place}.rule`, detail });
    } else check(rule, `${place}.rule`, 'bool');
    if (messageExpression) check(messageExpression, `${place}.messageExpression`, 'string');
    return faults;
  });
}

/** An environment in which `self` has the schema's type, so that misspelt fields are found. */
function typedEnvironment(schema: Schema): Environment {
  const typed = baseEnvironment();
  let count = 0;
  const typeOf = (one: Schema | undefined): string => {
    if (!one || one['x-kubernetes-preserve-unknown-fields'] || one['x-kubernetes-int-or-string']) return 'dyn';
    if (one.type === 'array') return `list<${typeOf(one.items)}>`;
    if (one.type === 'object') {
      if (typeof one.additionalProperties === 'object') return `map<string, ${typeOf(one.additionalProperties)}>`;
      if (!one.properties || one['x-kubernetes-embedded-resource']) return 'dyn';
      const fields = Object.entries(one.properties).flatMap(([name, member]): [string, string][] => {
        const text = escaped(name);
        return text === undefined ? [] : [[text, typeOf(member)]];
      });
      count += 1;
      const name = `selfType${count}`;
      typed.registerType(name, { fields: Object.fromEntries(fields) });
      return name;
    }
    if (one.format === 'date-time') return 'google.protobuf.Timestamp';
    if (one.format === 'byte') return 'bytes';
    const scalars: Record<string, string> = { string: 'string', integer: 'int', number: 'double', boolean: 'bool' };
    return scalars[one.type ?? ''] ?? 'dyn';
  };
  const self = typeOf(schema);
  return typed.registerVariable('self', self).registerVariable('oldSelf', self);
}
