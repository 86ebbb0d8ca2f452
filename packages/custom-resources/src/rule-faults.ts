import { baseEnvironment, CelError, type Compiled, compile, type Environment } from '@everynode/cel';
import { type FieldError, forbidden, internalError, invalidValue } from '@everynode/objects';
import { type DeclaredType, declaredOf, mostInRequest } from './declared.js';
import type { Rule, Schema } from './schema.js';

/** Source: apiextensions-apiserver pkg/apis/apiextensions/validation/validation.go. */
const MAX_COST = 10_000_000;
const MAX_TOTAL_COST = 100_000_000;

const NO_TYPE = 'internal error: failed to retrieve type information for x-kubernetes-validations';

/** Where rules are. */
interface RulePlace {
  path: string;
  /** How many values of the schema an object can have; undefined without a bound. */
  cardinality: number | undefined;
  uncorrelatable: string | undefined;
}

interface RuleCost {
  field: string;
  cost: number;
}

const exceeds = (what: string, cost: number, budget: number): string => {
  const factor = cost / budget;
  const shown = factor > 100 ? 'more than 100x' : factor < 1.5 ? `${factor.toFixed(6)}x` : `${factor.toFixed(1)}x`;
  return `${what} exceeds budget by factor of ${shown} (try simplifying the rule, or adding maxItems, maxProperties, and maxLength where arrays, maps, and strings are declared)`;
};

/** Compiles the rules of one schema, with the types that it declares, and adds up what they may cost. */
export class CheckedRules {
  readonly #costs: RuleCost[] = [];
  #types = 0;

  /** Faults of the rules of a schema. */
  faultsOf(schema: Schema, place: RulePlace): FieldError[] {
    const declared = declaredOf(
      schema,
      place.cardinality === 1 && place.path.endsWith('.openAPIV3Schema') ? true : undefined,
    );
    const rules = schema['x-kubernetes-validations'] ?? [];
    if (!declared) {
      return rules.length === 0 ? [] : [internalError(`${place.path}.x-kubernetes-validations`, NO_TYPE)];
    }
    const environments = this.#environments(declared);
    return rules.flatMap((rule, at) =>
      this.#faultsOf(rule, `${place.path}.x-kubernetes-validations[${at}]`, { ...place, declared, environments }),
    );
  }

  /** What the rules cost together, where that is too much. */
  totalFaults(path: string): FieldError[] {
    const total = this.#costs.reduce((sum, { cost }) => sum + cost, 0);
    if (total <= MAX_TOTAL_COST) return [];
    const most = this.#costs
      .filter(({ cost }) => cost >= MAX_TOTAL_COST / 100)
      .sort((a, b) => b.cost - a.cost)
      .slice(0, 4);
    const detail = 'contributed to estimated rule cost total exceeding cost limit for entire OpenAPIv3 schema';
    const what = 'x-kubernetes-validations estimated rule cost total for entire OpenAPIv3 schema';
    return [
      ...most.map(({ field }) => forbidden(field, detail)),
      forbidden(path, exceeds(what, total, MAX_TOTAL_COST)),
    ];
  }

  #faultsOf(
    rule: Rule,
    path: string,
    { declared, environments, ...place }: RulePlace & { declared: DeclaredType; environments: Environments },
  ): FieldError[] {
    if (rule.rule.trim() === '') return [];
    const environment = rule.optionalOldSelf ? environments.optional : environments.plain;
    const program = compiled(environment, rule.rule, 'bool', 'cel expression must evaluate to a bool');
    if (typeof program === 'string') return [invalidValue(`${path}.rule`, shown(rule), program)];
    const faults = this.#costFaults(program, `${path}.rule`, 'estimated rule cost', { declared, place });
    if (rule.messageExpression) faults.push(...this.#messageFaults(rule, path, environment, { declared, place }));
    if (!program.uses('oldSelf')) {
      if (rule.optionalOldSelf === undefined) return faults;
      const detail = 'may not be set if oldSelf is not used in rule';
      return [...faults, invalidValue(`${path}.optionalOldSelf`, rule.optionalOldSelf, detail)];
    }
    if (place.uncorrelatable === undefined) return faults;
    const detail = `oldSelf cannot be used on the uncorrelatable portion of the schema within ${place.uncorrelatable}`;
    return [...faults, invalidValue(`${path}.rule`, rule.rule, detail)];
  }

  #messageFaults(rule: Rule, path: string, environment: Environment, sized: Sized): FieldError[] {
    const field = `${path}.messageExpression`;
    const text = rule.messageExpression ?? '';
    const program = compiled(environment, text, 'string', 'messageExpression must evaluate to a string');
    if (typeof program === 'string') {
      return [invalidValue(field, shown(rule), program.replace(/^compilation failed/, 'messageExpression $&'))];
    }
    return this.#costFaults(program, field, 'estimated messageExpression cost', sized);
  }

  #costFaults(program: Compiled, field: string, what: string, { declared, place }: Sized): FieldError[] {
    const times = place.cardinality ?? mostInRequest(declared);
    const once = program.costWith(
      new Map([
        ['self', declared],
        ['oldSelf', declared],
      ]),
    );
    const cost = times === 0 ? 0 : once * times;
    this.#costs.push({ field, cost });
    return cost > MAX_COST ? [forbidden(field, exceeds(what, cost, MAX_COST))] : [];
  }

  /** Environments in which `self` has the schema's type, so that misspelt fields are found. */
  #environments(declared: DeclaredType): Environments {
    const typed = baseEnvironment();
    const self = this.#typeOf(declared, typed);
    typed.registerVariable('self', self);
    return {
      plain: typed.clone().registerVariable('oldSelf', self),
      optional: typed.clone().registerVariable('oldSelf', `optional<${self}>`),
    };
  }

  #typeOf(declared: DeclaredType, environment: Environment): string {
    const { kind, type, element, fields } = declared;
    if (type !== undefined) return type;
    if (kind === 'list') return `list<${element ? this.#typeOf(element, environment) : 'dyn'}>`;
    if (kind === 'map') return `map<string, ${element ? this.#typeOf(element, environment) : 'dyn'}>`;
    this.#types += 1;
    const name = `selfType${this.#types}`;
    const members = Array.from(fields ?? [], ([field, member]): [string, string] => [
      field,
      this.#typeOf(member, environment),
    ]);
    environment.registerType(name, { fields: Object.fromEntries(members) });
    // Only types are checked here: rules are evaluated without them, where objects are compared by their members.
    const compares = () => false;
    environment.registerOperator(`${name} == ${name}: bool`, compares);
    environment.registerOperator(`${name} == null: bool`, compares);
    return name;
  }
}

interface Environments {
  plain: Environment;
  optional: Environment;
}

interface Sized {
  declared: DeclaredType;
  place: RulePlace;
}

/** Returns the fault of an expression that cannot be compiled. */
function compiled(environment: Environment, text: string, type: string, otherwise: string): Compiled | string {
  try {
    const program = compile(environment, text);
    return program.type === type || program.type === 'dyn' ? program : otherwise;
  } catch (error) {
    if (!(error instanceof CelError)) throw error;
    return error.message;
  }
}

/** Upstream shows the whole rule as the wrong value. */
const shown = ({ rule, message, messageExpression, reason, fieldPath, optionalOldSelf }: Rule): object => ({
  rule,
  message: message ?? '',
  messageExpression: messageExpression ?? '',
  ...(reason !== undefined && { reason }),
  ...(fieldPath !== undefined && { fieldPath }),
  ...(optionalOldSelf !== undefined && { optionalOldSelf }),
});
