import { baseEnvironment, CelError, compile, type Environment } from '@everynode/cel';
import {
  type FieldFacts,
  lookupType,
  type ResourceDefinition,
  resources,
  type ValidatingAdmissionPolicy,
  type ValueFacts,
} from '@everynode/objects';

/** What is known of an expression before any request meets it. */
export interface ExpressionWarning {
  fieldRef: string;
  warning: string;
}

/** Upstream checks no more types of one policy. */
const MAX_TYPES = 10;

/**
 * Checks a policy's expressions against the types of the resources that it names without a wildcard.
 * Source: apiserver plugin/policy/validating/typechecking.go.
 */
export function checkTypes({ spec = {} }: ValidatingAdmissionPolicy): ExpressionWarning[] {
  const { variables = [], validations = [] } = spec;
  const definitions = typesOf(spec.matchConstraints?.resourceRules ?? []);
  const environments = definitions.map((definition) => {
    const environment = environmentOf(definition, spec.paramKind !== undefined);
    if (variables.length > 0) {
      const fields = Object.fromEntries(variables.map(({ name }) => [name, 'dyn']));
      environment.registerType('kubernetes.variables', { fields });
      environment.registerVariable('variables', 'kubernetes.variables');
    }
    return { definition, environment };
  });
  const warningsOf = (expression: string, fieldRef: string): ExpressionWarning[] => {
    const lines = environments.flatMap(({ definition, environment }) => {
      try {
        compile(environment, expression);
        return [];
      } catch (error) {
        if (!(error instanceof CelError)) throw error;
        const { group, version, kind } = definition;
        const name = `${group ? `${group}/${version}` : `/${version}`}, Kind=${kind}`;
        return [`${name}: ${error.message}\n`];
      }
    });
    return lines.length > 0 ? [{ fieldRef, warning: lines.join('\n') }] : [];
  };
  return validations.flatMap(({ expression, messageExpression }, at) => [
    ...warningsOf(expression, `spec.validations[${at}].expression`),
    ...(messageExpression ? warningsOf(messageExpression, `spec.validations[${at}].messageExpression`) : []),
  ]);
}

interface NamedRule {
  apiGroups?: readonly string[];
  apiVersions?: readonly string[];
  resources?: readonly string[];
}

function typesOf(rules: readonly NamedRule[]): ResourceDefinition[] {
  const found = rules.flatMap(({ apiGroups = [], apiVersions = [], resources: names = [] }) =>
    resources.filter(
      ({ group, version, plural }) =>
        apiGroups.includes(group) && apiVersions.includes(version) && names.includes(plural),
    ),
  );
  return [...new Set(found)].slice(0, MAX_TYPES);
}

function environmentOf(definition: ResourceDefinition, hasParams: boolean): Environment {
  const environment = baseEnvironment();
  const object = declare(environment, definition.schema, new Set());
  for (const name of ['object', 'oldObject']) environment.registerVariable(name, object);
  for (const name of ['request', 'namespaceObject', 'authorizer']) environment.registerVariable(name, 'dyn');
  if (hasParams) environment.registerVariable('params', 'dyn');
  return environment;
}

/** Declares a type of the schema, and before it those of its fields. A type within itself is not looked into. */
function declare(environment: Environment, type: string, around: Set<string>): string {
  const facts = lookupType(type);
  if (!facts?.fields || around.has(type)) return 'dyn';
  if (!declared(environment).has(type)) {
    const within = new Set(around).add(type);
    const fields = Object.entries(facts.fields).map(([name, field]) => [name, typeOf(environment, field, within)]);
    environment.registerType(type, { fields: Object.fromEntries(fields) as Record<string, string> });
    declared(environment).add(type);
  }
  return type;
}

const DECLARED = new WeakMap<Environment, Set<string>>();

function declared(environment: Environment): Set<string> {
  const known = DECLARED.get(environment) ?? new Set();
  DECLARED.set(environment, known);
  return known;
}

function typeOf(environment: Environment, facts: ValueFacts | FieldFacts, within: Set<string>): string {
  if (facts.arrayOf) return `list<${typeOf(environment, facts.arrayOf, within)}>`;
  if (facts.mapOf) return `map<string, ${typeOf(environment, facts.mapOf, within)}>`;
  if (facts.ref !== undefined) return declare(environment, facts.ref, within);
  const scalars: Record<string, string> = { string: 'string', integer: 'int', boolean: 'bool', number: 'double' };
  return scalars[facts.type ?? ''] ?? 'dyn';
}
