import {
  addAuthorizer,
  addJsonPatch,
  authorizerValue,
  Budget,
  baseEnvironment,
  CelError,
  type Compiled,
  compile,
  compileWithMessages,
  type Environment,
  toCel,
} from '@everynode/cel';
import type { ApiContext } from '../../api-context.js';
import type { Attributes } from './attributes.js';
import { requestOf } from './request.js';

/** Bounds of conditions of one webhook or binding. Source: apiserver pkg/apis/cel/config.go. */
const CONDITIONS_BUDGET = 2_500_000;

/** What an expression of admission may use. */
export interface Uses {
  params: boolean;
  authorizer?: boolean;
  /** Names of the policy's variables. */
  variables?: readonly string[];
  /** True where it makes an apply configuration or a JSON patch. */
  patches?: boolean;
}

const environments = new Map<string, Environment>();

/** Source: apiserver plugin/cel/compile.go, mustBuildEnvs. Environments are made once for each set of variables. */
function environmentFor({ params, authorizer = true, variables, patches = false }: Uses): Environment {
  const key = JSON.stringify([params, authorizer, variables, patches]);
  const known = environments.get(key);
  if (known) return known;
  const environment = baseEnvironment();
  for (const name of ['object', 'oldObject', 'request', 'namespaceObject']) environment.registerVariable(name, 'dyn');
  if (params) environment.registerVariable('params', 'dyn');
  if (authorizer) addAuthorizer(environment);
  if (patches) addJsonPatch(environment);
  if (variables) {
    const fields = Object.fromEntries(variables.map((name) => [name, 'dyn']));
    environment.registerType('kubernetes.variables', { fields }).registerVariable('variables', 'kubernetes.variables');
  }
  if (variables === undefined) environments.set(key, environment);
  return environment;
}

/** @param returns the types that its value may have; any type where the list is empty. @throws CelError */
export const compileFor = (uses: Uses, expression: string, returns: readonly string[] = []): Compiled =>
  (uses.patches ? compileWithMessages : compile)(environmentFor(uses), expression, returns);

/** What an expression meets. Values are made when an expression of the request first asks for them. */
export function variablesOf(context: ApiContext, attributes: Attributes, dryRun: boolean): Record<string, unknown> {
  const { definition, namespace, name, subresource, object, oldObject } = attributes;
  const lazy = (make: () => unknown): PropertyDescriptor => {
    let value: { made: unknown } | undefined;
    return {
      enumerable: true,
      get: () => {
        value ??= { made: make() };
        return value.made;
      },
    };
  };
  return Object.defineProperties(
    {},
    {
      object: lazy(() => (object === undefined ? null : toCel(object))),
      oldObject: lazy(() => (oldObject === undefined ? null : toCel(oldObject))),
      request: lazy(() => toCel(requestOf(context, attributes, definition, dryRun))),
      namespaceObject: lazy(() => {
        const found = definition.namespaced ? context.reflector.cache('namespaces').get('', namespace) : undefined;
        return found ? toCel(found.object) : null;
      }),
      authorizer: lazy(() =>
        authorizerValue(
          (query) => {
            const user = context.identity;
            if (!user) return { allowed: true, reason: '' };
            const who =
              query.serviceAccount === undefined
                ? user
                : {
                    user: `system:serviceaccount:${query.serviceAccount}`,
                    groups: [
                      'system:serviceaccounts',
                      `system:serviceaccounts:${query.serviceAccount.split(':')[0]}`,
                      'system:authenticated',
                    ],
                  };
            const { serviceAccount: _who, ...asked } = query;
            const { verdict, reason } = context.authorization.decide(
              asked.kind === 'path' ? { ...asked, kind: 'path', user: who } : { ...asked, user: who },
            );
            return { allowed: verdict === 'allow', reason };
          },
          { group: definition.group, resource: definition.plural, subresource, namespace, name },
        ),
      ),
    },
  );
}

/** The conditions of a webhook or policy, compiled. */
export interface Conditions {
  /** Undefined where they match, else the name of one that does not. @throws CelError by `Fail`. */
  unmatched(variables: object): { name: string } | undefined;
}

/**
 * @param failurePolicy decides about conditions that cannot be evaluated, where none is false: by `Fail` the request
 * fails, by `Ignore` it goes on without the webhook or policy. Source: plugin/webhook/matchconditions/matcher.go.
 */
export function compileConditions(
  conditions: readonly { name: string; expression: string }[],
  failurePolicy: string,
  uses: Uses,
): Conditions {
  const compiled: { name: string; program: Compiled | CelError }[] = conditions.map(({ name, expression }) => {
    try {
      return { name, program: compileFor(uses, expression.trim(), ['bool']) };
    } catch (error) {
      if (error instanceof CelError) return { name, program: error };
      throw error;
    }
  });
  return {
    unmatched(variables) {
      const budget = new Budget(CONDITIONS_BUDGET);
      const errors: string[] = [];
      for (const { name, program } of compiled) {
        try {
          if (program instanceof CelError) throw program;
          if (program.evaluate(variables, budget) === false) return { name };
        } catch (error) {
          if (!(error instanceof CelError)) throw error;
          errors.push(error.message);
        }
      }
      if (errors.length === 0) return undefined;
      if (failurePolicy === 'Ignore') return { name: '' };
      throw new CelError(errors.length === 1 ? (errors[0] ?? '') : `[${errors.join(', ')}]`);
    },
  };
}
