import { type Attributes, RbacAuthorizer, RbacIndex, type User } from '@everynode/authorization';
import { Latencies } from '../latencies.js';
import { type ClientScenario, usualDeadlineMs } from './scenario.js';

const ROLES = 1000;
const BINDINGS = 10_000;
const USERS = 2000;
const GROUPS = 200;
const NAMESPACES = 100;
const DECISIONS = 200_000;
/** A single decision is shorter than what a clock can tell. */
const BATCH = 100;

const VERBS = ['get', 'list', 'watch', 'create', 'update', 'patch', 'delete'];
const RESOURCES = ['pods', 'configmaps', 'secrets', 'services', 'daemonsets', 'events', 'leases', 'nodes'];

const at = <T>(list: readonly T[], index: number): T => list[index % list.length] as T;

/** Half of the roles are cluster roles; a role has ten rules. One binding in ten is for the whole cluster. */
function policy(): RbacIndex {
  const index = new RbacIndex();
  for (let role = 0; role < ROLES; role += 1) {
    const rules = Array.from({ length: 10 }, (_, rule) => ({
      verbs: [at(VERBS, role + rule), at(VERBS, role + rule + 1)],
      apiGroups: [rule % 2 === 0 ? '' : `group-${rule}.example.com`],
      resources: [at(RESOURCES, role + rule), `${at(RESOURCES, role)}/status`],
    }));
    index.putRole({ namespace: '', name: `role-${role}`, rules });
  }
  for (let binding = 0; binding < BINDINGS; binding += 1) {
    const isGroup = binding % 5 === 0;
    const name = isGroup ? `group-${binding % GROUPS}` : `user-${binding % USERS}`;
    index.putBinding({
      namespace: binding % 10 === 0 ? '' : `ns-${binding % NAMESPACES}`,
      name: `binding-${binding}`,
      roleRef: { kind: 'ClusterRole', name: `role-${binding % ROLES}` },
      subjects: [{ kind: isGroup ? 'Group' : 'User', name }],
    });
  }
  return index;
}

/** Users with five groups each, in turn. Most are denied, after all bindings of the user are read. */
function question(number: number): Attributes {
  const user: User = {
    user: `user-${number % USERS}`,
    groups: Array.from({ length: 5 }, (_, group) => `group-${(number + group * 40) % GROUPS}`),
  };
  return {
    kind: 'resource',
    user,
    verb: at(VERBS, number),
    group: '',
    resource: at(RESOURCES, number * 3),
    subresource: '',
    namespace: `ns-${(number * 7) % NAMESPACES}`,
    name: 'x',
  };
}

export const authorise: ClientScenario = {
  name: 'authorise',
  about: 'decisions of RBAC in this process, with 1,000 roles and 10,000 bindings; the mean',
  needs: 'any API server',
  isDefault: false,
  repeats: true,
  deadlineMs: usualDeadlineMs,
  prepare: async () => undefined,
  async run() {
    const authorizer = new RbacAuthorizer(policy());
    const questions = Array.from({ length: DECISIONS }, (_, number) => question(number));
    // V8 compiles the hot code.
    for (const one of questions.slice(0, DECISIONS / 10)) authorizer.authorize(one);
    const batches = new Latencies();
    let allowed = 0;
    const began = performance.now();
    for (let from = 0; from < DECISIONS; from += BATCH) {
      const batchBegan = performance.now();
      for (let number = from; number < from + BATCH; number += 1) {
        if (authorizer.authorize(at(questions, number)).verdict === 'allow') allowed += 1;
      }
      batches.add(performance.now() - batchBegan);
    }
    const meanUs = ((performance.now() - began) * 1000) / DECISIONS;
    return {
      figures: [
        { name: 'mean', value: meanUs, unit: 'µs' },
        { name: 'p99 of means of 100', value: (batches.percentile(99) * 1000) / BATCH, unit: 'µs' },
        { name: 'allowed of 100', value: (allowed * 100) / DECISIONS, unit: 'count' },
      ],
      work: { count: DECISIONS, of: 'decision' },
    };
  },
};
