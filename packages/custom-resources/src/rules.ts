import {
  Budget,
  baseEnvironment,
  CelError,
  type Compiled,
  compile,
  type Environment,
  evaluateMessage,
  OutOfBudgetError,
  optional,
  RUNTIME_COST_BUDGET,
} from '@everynode/cel';
import { duplicate, type FieldError, forbidden, required, semanticallyEqual } from '@everynode/objects';
import { fieldPath } from './field-path.js';
import { ruleValue } from './rule-value.js';
import { isMap, memberSchema, propertyOf, type Rule, type Schema } from './schema.js';
import { joined, oldItems, typeNameOf } from './validate.js';

const environment: Environment = baseEnvironment().registerVariable('self', 'dyn').registerVariable('oldSelf', 'dyn');

interface Ready {
  rule: Rule;
  program: Compiled;
  message: Compiled | undefined;
  isTransition: boolean;
  /** The path of the field that its errors name, below the value. */
  fieldPath: string;
}

const compiledRules = new WeakMap<Schema, Ready[]>();

/** Rules that do not compile are refused with their definition, so none is here. */
function readyRules(schema: Schema): Ready[] {
  const known = compiledRules.get(schema);
  if (known) return known;
  const ready = (schema['x-kubernetes-validations'] ?? []).map((rule) => {
    const program = compile(environment, rule.rule);
    const named = rule.fieldPath ? fieldPath(rule.fieldPath, schema) : undefined;
    return {
      rule,
      program,
      message: rule.messageExpression ? compile(environment, rule.messageExpression) : undefined,
      isTransition: program.uses('oldSelf'),
      fieldPath: named?.fault === undefined ? (named?.path ?? '') : '',
    };
  });
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

/**
 * Checks the rules of a schema and of all within it. What an update leaves as it was breaks no rule that looks at it
 * alone. Source: pkg/apiserver/schema/cel/validation.go.
 */
export function ruleErrors(value: unknown, schema: Schema, old: unknown): FieldError[] {
  return hasRules(schema) ? new Evaluation().errorsOf(value, schema, { path: '', old, isSame: false }) : [];
}

interface Place {
  path: string;
  /** What the value replaces; undefined where there is none, or none that can be found. */
  old: unknown;
  /** True where the value, or what it is in, is equal to what it replaces. */
  isSame: boolean;
}

const OUT_OF_BUDGET = 'validation failed due to running out of cost budget, no further validation rules will be run';

/** One check of all rules, which share a budget. */
class Evaluation {
  readonly #budget = new Budget(RUNTIME_COST_BUDGET);
  readonly #errors: FieldError[] = [];
  #isOver = false;

  errorsOf(value: unknown, schema: Schema, place: Place): FieldError[] {
    this.#visit(value, schema, place);
    return this.#errors;
  }

  #visit(value: unknown, schema: Schema, { path, old, isSame }: Place): void {
    if (this.#isOver || !hasRules(schema) || value === null || value === undefined) return;
    const equals = isSame || (old !== undefined && semanticallyEqual(value, old));
    this.#checkRules(value, schema, { path, old, isSame: equals });
    const below = { isSame: equals };
    if (Array.isArray(value)) {
      const { items } = schema;
      if (!items) return;
      const before = oldItems(schema, old);
      for (const [at, item] of value.entries()) {
        this.#visit(item, items, { ...below, path: `${path}[${at}]`, old: before(item) });
      }
    } else if (isMap(value)) {
      const former = isMap(old) && schema['x-kubernetes-map-type'] !== 'atomic' ? old : {};
      for (const [key, member] of Object.entries(value)) {
        const known = memberSchema(schema, key);
        const before = propertyOf(former, key);
        if (known) this.#visit(member, known, { ...below, path: joined(path, key), old: before });
      }
    }
  }

  #checkRules(value: unknown, schema: Schema, place: Place): void {
    const { path, old, isSame } = place;
    const hasOld = old !== undefined && old !== null;
    const ready = readyRules(schema).filter(
      ({ isTransition, rule }) => !isTransition || hasOld || rule.optionalOldSelf === true,
    );
    if (ready.length === 0) return;
    const type = schema.type ?? typeNameOf(value);
    const fault = (detail: string): FieldError => ({ type: 'FieldValueInvalid', field: path, value: type, detail });
    if (this.#budget.left <= 0) {
      this.#end(fault(OUT_OF_BUDGET));
      return;
    }
    // Values are made once for all rules of one place: one has many rules, and may be large.
    const self = ruleValue(value, schema);
    const oldSelf = hasOld && ready.some(({ isTransition }) => isTransition) ? ruleValue(old, schema) : undefined;
    for (const one of ready) {
      const variables = { self, oldSelf: one.rule.optionalOldSelf ? optional(oldSelf) : (oldSelf ?? null) };
      const error = this.#errorOf(one, variables, { path, shown: shownValue(value, type), fault });
      if (error && (one.isTransition || !isSame)) this.#errors.push(error);
      if (this.#isOver) return;
    }
  }

  #end(error: FieldError): void {
    this.#isOver = true;
    this.#errors.push(error);
  }

  #errorOf(
    { rule, program, message, fieldPath: below }: Ready,
    variables: object,
    { path, shown, fault }: { path: string; shown: unknown; fault: (detail: string) => FieldError },
  ): FieldError | undefined {
    try {
      if (program.evaluate(variables, this.#budget) === true) return undefined;
    } catch (error) {
      if (!(error instanceof CelError)) throw error;
      return this.#failure(error, rule, fault);
    }
    const field = below === '' ? path : joined(path, below);
    const made = message && evaluateMessage(message, variables, this.#budget);
    if (this.#budget.left < 0) {
      const ends =
        'messageExpression evaluation failed due to running out of cost budget, no further validation rules will be run';
      this.#end({ ...fault(ends), field });
      return undefined;
    }
    const detail = made ?? (rule.message?.trim() || `failed rule: ${shownRule(rule)}`);
    if (rule.reason === 'FieldValueForbidden') return forbidden(field, detail);
    if (rule.reason === 'FieldValueRequired') return required(field, detail);
    if (rule.reason === 'FieldValueDuplicate') return duplicate(field, shown);
    return { type: 'FieldValueInvalid', field, value: shown, detail };
  }

  /** The error of a rule that could not be evaluated. */
  #failure(error: CelError, rule: Rule, fault: (detail: string) => FieldError): FieldError | undefined {
    if (error instanceof OutOfBudgetError) {
      const why = `'${error.reason}': no further validation rules will be run due to call cost exceeds limit for rule: `;
      this.#end(fault(error.isOfCall ? why + shownRule(rule) : OUT_OF_BUDGET));
      return undefined;
    }
    const { reason } = error;
    if (!reason.startsWith('no such overload')) return fault(`${reason} evaluating rule: ${shownRule(rule)}`);
    const words = 'call arguments did not match a supported operator, function or macro signature for rule';
    return fault(`'${reason}': ${words}: ${shownRule(rule)}`);
  }
}

/** Objects and lists are shown by their type. */
const shownValue = (value: unknown, type: string): unknown =>
  typeof value === 'object' && value !== null ? type : value;

const shownRule = ({ rule, message }: Rule): string => message?.trim() || rule.trim();
