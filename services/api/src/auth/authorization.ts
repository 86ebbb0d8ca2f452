import {
  type Attributes,
  type Authorizer,
  alwaysAllow,
  chain,
  type Decision,
  forbidden,
  NodeAuthorizer,
  NodeReferences,
  type PodOnNode,
  privilegedGroup,
  RbacAuthorizer,
  RbacIndex,
  type RoleRef,
  type User,
} from '@everynode/authorization';
import { isChangeOf, type ObjectCache, type ObjectChange, type Reflector } from '@everynode/list-watch';
import type { PolicyRule, StoredKinds } from '@everynode/objects';

export const AUTHORIZATION_MODES = ['RBAC', 'AlwaysAllow'] as const;

/** `RBAC` is upstream's `Node,RBAC`. In `AlwaysAllow` every known client may do everything. */
export type AuthorizationMode = (typeof AUTHORIZATION_MODES)[number];

const MIRROR_ANNOTATION = 'kubernetes.io/config.mirror';

export const isMirrorPod = ({ metadata }: { metadata?: { annotations?: Record<string, string> } }): boolean =>
  metadata?.annotations?.[MIRROR_ANNOTATION] !== undefined;

/**
 * Decides what clients may do, from roles, bindings and pods as the caches have them. Requests, reviews and all further
 * checks ask here.
 */
export class Authorization {
  readonly #authorizer: Authorizer;
  readonly #roles = new RbacIndex();

  /** Construct it before the reflector starts, so that it receives every object. */
  constructor(reflector: Reflector, mode: AuthorizationMode) {
    if (mode === 'AlwaysAllow') {
      this.#authorizer = alwaysAllow;
      return;
    }
    const pods = reflector.cache('pods');
    const references = new NodeReferences((node) => podsOn(pods, node));
    const nodeOfPod = (namespace: string, name: string) => pods.get(namespace, name)?.record.placement ?? undefined;
    reflector.addListener({
      onChanges: (changes) => {
        for (const change of changes) {
          followPolicy(this.#roles, change);
          followPods(references, change);
        }
      },
    });
    this.#authorizer = chain([
      privilegedGroup,
      new NodeAuthorizer({ references, nodeOfPod }),
      new RbacAuthorizer(this.#roles),
    ]);
  }

  /** True where no question is ever refused, so that none needs to be asked. */
  get allowsAll(): boolean {
    return this.#authorizer === alwaysAllow;
  }

  decide(attributes: Attributes): Decision {
    return this.#authorizer.authorize(attributes);
  }

  /** @throws ApiError Forbidden in upstream's words. */
  require(attributes: Attributes): void {
    const { verdict, reason } = this.decide(attributes);
    if (verdict !== 'allow') throw forbidden(attributes, reason);
  }

  rulesFor(user: User, namespace: string): ReturnType<Authorizer['rulesFor']> {
    return this.#authorizer.rulesFor(user, namespace);
  }

  /** The rules of a role; undefined for one that does not exist. */
  rulesOf(ref: RoleRef, namespace: string): readonly PolicyRule[] | undefined {
    return this.#roles.rulesOf(ref, namespace);
  }
}

function* podsOn(pods: ObjectCache<StoredKinds['pods']>, node: string): Iterable<PodOnNode> {
  for (const { record, metadata, desired } of pods.find('byPlacement', node)) {
    const { namespace, name } = record;
    yield { namespace, name, spec: desired.spec ?? { containers: [] }, isMirror: isMirrorPod({ metadata }) };
  }
}

function followPods(references: NodeReferences, change: ObjectChange): void {
  const { previous, current } = change;
  if (current.record.resource !== 'pods') return;
  const isSame =
    change.type === 'MODIFIED' &&
    previous?.record.desired === current.record.desired &&
    previous.record.placement === current.record.placement;
  if (isSame) return;
  for (const one of [previous, current]) if (one?.record.placement) references.forget(one.record.placement);
}

function followPolicy(index: RbacIndex, change: ObjectChange): void {
  const { namespace, name } = change.current.record;
  const isGone = change.type === 'DELETED';
  if (
    isChangeOf(change, 'roles.rbac.authorization.k8s.io') ||
    isChangeOf(change, 'clusterroles.rbac.authorization.k8s.io')
  ) {
    if (isGone) index.removeRole(namespace, name);
    else index.putRole({ namespace, name, rules: change.current.desired.rules ?? [] });
  } else if (
    isChangeOf(change, 'rolebindings.rbac.authorization.k8s.io') ||
    isChangeOf(change, 'clusterrolebindings.rbac.authorization.k8s.io')
  ) {
    const { roleRef, subjects } = change.current.desired;
    if (isGone) index.removeBinding(namespace, name);
    else index.putBinding({ namespace, name, roleRef, subjects: subjects ?? [] });
  }
}
