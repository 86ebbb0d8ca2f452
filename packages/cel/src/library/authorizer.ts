import type { Environment } from '../program.js';

/** What an expression asks the authoriser. */
type AuthorizerQuery =
  | { kind: 'path'; path: string; verb: string; serviceAccount?: string }
  | {
      kind: 'resource';
      group: string;
      resource: string;
      subresource: string;
      namespace: string;
      name: string;
      verb: string;
      serviceAccount?: string;
    };

/** Answers for the user of the request, or for a service account `namespace:name`. */
type Authorizer = (query: AuthorizerQuery) => { allowed: boolean; reason: string; error?: string };

class AuthorizerValue {
  constructor(
    readonly authorize: Authorizer,
    /** What `authorizer.requestResource` checks. */
    readonly requestResource: ResourceCheck | undefined = undefined,
    readonly serviceAccount: string | undefined = undefined,
  ) {}
}

class PathCheck {
  constructor(
    readonly of: AuthorizerValue,
    readonly path: string,
  ) {}
}

class GroupCheck {
  constructor(
    readonly of: AuthorizerValue,
    readonly group: string,
  ) {}
}

interface Place {
  group: string;
  resource: string;
  subresource: string;
  namespace: string;
  name: string;
}

class ResourceCheck {
  constructor(
    readonly of: AuthorizerValue,
    readonly place: Place,
  ) {}

  with(change: Partial<Place>): ResourceCheck {
    return new ResourceCheck(this.of, { ...this.place, ...change });
  }
}

class Decision {
  constructor(readonly answer: ReturnType<Authorizer>) {}
}

/** The value of the variable `authorizer`. */
export function authorizerValue(authorize: Authorizer, request: Place): object {
  const plain = new AuthorizerValue(authorize);
  return new AuthorizerValue(authorize, new ResourceCheck(plain, request));
}

const A = 'kubernetes.authorization.Authorizer';
const PATH = 'kubernetes.authorization.PathCheck';
const GROUP = 'kubernetes.authorization.GroupCheck';
const RESOURCE = 'kubernetes.authorization.ResourceCheck';
const DECISION = 'kubernetes.authorization.Decision';

/** Declares the variable `authorizer`. Source: apiserver pkg/cel/library/authz.go. */
export function addAuthorizer(environment: Environment): void {
  const accountOf = ({ serviceAccount }: AuthorizerValue) => (serviceAccount === undefined ? {} : { serviceAccount });
  environment
    .registerType(PATH, PathCheck)
    .registerType(GROUP, GroupCheck)
    .registerType(RESOURCE, ResourceCheck)
    .registerType(DECISION, Decision)
    .registerType(A, { ctor: AuthorizerValue, fields: { requestResource: RESOURCE } })
    .registerVariable('authorizer', A)
    .registerFunction(`${A}.path(string): ${PATH}`, (of: AuthorizerValue, path: string) => new PathCheck(of, path))
    .registerFunction(`${A}.group(string): ${GROUP}`, (of: AuthorizerValue, group: string) => new GroupCheck(of, group))
    .registerFunction(
      `${A}.serviceAccount(string, string): ${A}`,
      (of: AuthorizerValue, namespace: string, name: string) =>
        new AuthorizerValue(of.authorize, of.requestResource, `${namespace}:${name}`),
    )
    .registerFunction(
      `${GROUP}.resource(string): ${RESOURCE}`,
      ({ of, group }: GroupCheck, resource: string) =>
        new ResourceCheck(of, { group, resource, subresource: '', namespace: '', name: '' }),
    )
    .registerFunction(`${RESOURCE}.subresource(string): ${RESOURCE}`, (one: ResourceCheck, subresource: string) =>
      one.with({ subresource }),
    )
    .registerFunction(`${RESOURCE}.namespace(string): ${RESOURCE}`, (one: ResourceCheck, namespace: string) =>
      one.with({ namespace }),
    )
    .registerFunction(`${RESOURCE}.name(string): ${RESOURCE}`, (one: ResourceCheck, name: string) => one.with({ name }))
    .registerFunction(
      `${PATH}.check(string): ${DECISION}`,
      ({ of, path }: PathCheck, verb: string) =>
        new Decision(of.authorize({ kind: 'path', path, verb, ...accountOf(of) })),
    )
    .registerFunction(
      `${RESOURCE}.check(string): ${DECISION}`,
      ({ of, place }: ResourceCheck, verb: string) =>
        new Decision(of.authorize({ kind: 'resource', ...place, verb, ...accountOf(of) })),
    )
    .registerFunction(`${DECISION}.allowed(): bool`, ({ answer }: Decision) => answer.allowed)
    .registerFunction(`${DECISION}.reason(): string`, ({ answer }: Decision) => answer.reason)
    .registerFunction(`${DECISION}.errored(): bool`, ({ answer }: Decision) => answer.error !== undefined)
    .registerFunction(`${DECISION}.error(): string`, ({ answer }: Decision) => answer.error ?? '');
}
