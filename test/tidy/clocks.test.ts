import { expect, it } from 'vitest';
import { filesWith } from './tree.js';

const SHOWN = 'a time that is shown';
const STORED = 'a time that is stored in an object';
const COMPARED = 'compares with times that are stored in objects';
const PROTOCOL = 'a time that a protocol or a certificate names';

/**
 * The files that read the wall clock, with the reason. A wall clock steps: what is measured, ordered or waited for uses
 * `performance.now()`.
 */
const READERS: Readonly<Record<string, string>> = {
  'packages/agent-identity/src/ended-identity.ts': PROTOCOL,
  'packages/agent-identity/src/keep-renewed.ts': PROTOCOL,
  'packages/bench/src/main.ts': SHOWN,
  'packages/bench/src/run/workload.ts': 'makes a name of an image that was not used before',
  'packages/bench/src/scenarios/status-burst.ts': PROTOCOL,
  'packages/bus-credentials/src/agent-accounts.ts': PROTOCOL,
  'packages/bus/src/agent-traffic.ts': 'until when an account is closed, which other processes read',
  'packages/bus/src/bus.ts': PROTOCOL,
  'packages/bus/src/topology-keeper.ts': 'the age of a message that was stored before this process looked, once',
  'packages/cli/src/bus-credentials.ts': PROTOCOL,
  'packages/cli/src/certificates.ts': PROTOCOL,
  'packages/cli/src/keys.ts': SHOWN,
  'packages/cli/src/launch.ts': SHOWN,
  'packages/cli/src/token.ts': STORED,
  'packages/doctor/src/observe/health.ts': 'compares the clocks of machines',
  'packages/doctor/src/observe/observe.ts': SHOWN,
  'packages/fault-harness/src/cluster/cluster-host.ts': SHOWN,
  'packages/fault-harness/src/main.ts': SHOWN,
  'packages/local-stack/src/process/kept-server.ts': SHOWN,
  'packages/local-stack/src/process/liveness.ts': SHOWN,
  'packages/local-stack/src/servers/bus-credentials.ts': PROTOCOL,
  'packages/local-stack/src/servers/nats.ts': PROTOCOL,
  'packages/local-stack/src/servers/reachable-binaries.ts': 'the age of files',
  'packages/local-stack/src/services/service-process.ts': SHOWN,
  'packages/local-stack/src/stack.ts': PROTOCOL,
  'packages/local-stack/src/state/encryption-keys.ts': SHOWN,
  'packages/service-shell/src/readiness.ts': SHOWN,
  'packages/store/src/group-commit/batch-writer.ts': COMPARED,
  'packages/store/src/outage-watch.ts': SHOWN,
  'services/api/src/admission/certificate-requests.ts': STORED,
  'services/api/src/audit/audit-certificates.ts': SHOWN,
  'services/api/src/audit/audit-log.ts': SHOWN,
  'services/api/src/audit/audit-requests.ts': SHOWN,
  'services/api/src/auth/reviews.ts': SHOWN,
  'services/api/src/auth/token-authentication.ts': PROTOCOL,
  'services/api/src/bootstrap/cluster-info.ts': PROTOCOL,
  'services/api/src/certificates/certificate-controller.ts': STORED,
  'services/api/src/certificates/revoked-certificates.ts': PROTOCOL,
  'services/api/src/certificates/expired-objects.ts': STORED,
  'services/api/src/custom/definition-controller.ts': STORED,
  'services/api/src/explain/daemonset-view.ts': 'ages of times that are stored in objects',
  'services/api/src/http/authenticate.ts': PROTOCOL,
  'services/api/src/leases/node-heartbeats.ts': SHOWN,
  'services/api/src/openapi/openapi-routes.ts': PROTOCOL,
  'services/api/src/present/table-presenter.ts': SHOWN,
  'services/api/src/rest/apply.ts': STORED,
  'services/api/src/rest/create.ts': STORED,
  'services/api/src/rest/delete.ts': STORED,
  'services/api/src/services/reserved-addresses.ts': STORED,
  'services/api/src/start-api.ts': STORED,
  'services/api/src/streams/read-log.ts': PROTOCOL,
  'services/api/src/subresource/binding.ts': STORED,
  'services/api/src/subresource/delete-evicted.ts': STORED,
  'services/api/src/subresource/eviction.ts': STORED,
  'services/api/src/subresource/agent-tokens.ts': PROTOCOL,
  'services/api/src/subresource/token-request.ts': PROTOCOL,
  'services/api/src/usage/resource-metrics.ts': SHOWN,
  'services/api/src/write/field-owners.ts': STORED,
  'services/api/src/write/quota-check.ts': COMPARED,
  'services/node-agent/src/agent.ts': SHOWN,
  'services/node-agent/src/runtime/process/process-usage.ts': SHOWN,
  'services/node-agent/src/usage/machine-usage.ts': SHOWN,
  'packages/pod-runtime/src/timers.ts': SHOWN,
  'services/scheduler/src/controllers/daemonset/this-moment.ts': STORED,
  'services/scheduler/src/controllers/disruption/disruption-controller.ts': STORED,
  'services/scheduler/src/controllers/garbage-collection/collect-object.ts': STORED,
  'services/scheduler/src/controllers/namespace/terminate-namespace.ts': STORED,
  'services/scheduler/src/controllers/node-lifecycle/on-changes.ts': STORED,
  'services/scheduler/src/controllers/node-lifecycle/settle-node.ts': STORED,
  'services/scheduler/src/controllers/node-lifecycle/settle-pods.ts': STORED,
  'services/scheduler/src/controllers/node-lifecycle/taint-times.ts': 'the age of what was there before this process',
  'services/scheduler/src/controllers/pod-placement/place-pod.ts': STORED,
  'services/scheduler/src/controllers/pod-placement/preempt.ts': STORED,
  'services/scheduler/src/controllers/resource-quota/resource-quota-controller.ts': COMPARED,
  'services/scheduler/src/controllers/standing-objects/standing-objects-controller.ts': STORED,
  'services/scheduler/src/controllers/workloads/moment.ts':
    'when pods of workloads were ready, and conditions told, is wall-clock time',
  'services/scheduler/src/events/expiry.ts': 'the age of stored events',
  'services/scheduler/src/events/store-event-recorder.ts': STORED,
  'services/scheduler/src/ingest/ingest.ts': SHOWN,
  'services/scheduler/src/ingest/report-audit.ts': SHOWN,
  'services/scheduler/src/ingest/incarnations.ts': PROTOCOL,
  'services/scheduler/src/ingest/node-registrations.ts': STORED,
  'services/scheduler/src/ingest/reported-events.ts': STORED,
  'services/scheduler/src/metrics.ts': 'ages of times that are stored in objects',
};

it('reads the wall clock only where a time is shown or stored, so that no step of it delays or orders anything', () => {
  const readers = filesWith('.ts')
    .filter(({ path }) => /^(packages|services)\/[^/]+\/src\//.test(path) && !path.endsWith('.test.ts'))
    .filter(({ text }) => /\bDate\.now\b|\bnew Date\(\)/.test(text));
  expect(readers.map(({ path }) => path).sort()).toEqual(Object.keys(READERS).sort());
});
