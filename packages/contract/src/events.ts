import type { ResourceName } from '@everynode/objects';
import { type Static, Type } from 'typebox';
import { TunnelWanted } from './tunnels.js';

/**
 * The bodies of the events, as schemas. CloudEvents attributes travel in headers (see cloud-event.ts); every message
 * of an agent is checked against these before it is used.
 */
const Name = Type.String({ minLength: 1, maxLength: 253 });
/** A DNS-1123 subdomain, as names of nodes and pods are. What an agent names becomes keys and texts for people. */
const DNS_SUBDOMAIN = '^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$';
const DnsName = Type.String({ minLength: 1, maxLength: 253, pattern: DNS_SUBDOMAIN });
const Namespace = Type.String({ minLength: 1, maxLength: 63, pattern: '^[a-z0-9]([-a-z0-9]*[a-z0-9])?$' });
/** Printable ASCII. */
const Uid = Type.String({ minLength: 1, maxLength: 64, pattern: '^[!-~]+$' });
const Revision = Type.Integer({ minimum: 0 });
const StringMap = Type.Record(Type.String(), Type.String());
/** RFC 3339, UTC. */
const Timestamp = Type.String({ maxLength: 40 });
/**
 * Which process of an agent speaks: the store hands a number to each when it starts, greater than any before. So no
 * clock of an agent orders anything. Below 2^31, so that {@link reportOrder} stays exact.
 */
const Incarnation = Type.Integer({ minimum: 1, maximum: 2 ** 31 - 1 });
/** Nodes or pods in one report. Agents put 200 nodes or 500 pods into one. */
const MAX_REPORT_ITEMS = 500;
/** Greater numbers within one incarnation are no agent's: the order of the report must stay exact. */
const MAX_SEQUENCE = 2 ** 32;
/** Numbers the reports of one incarnation; the store's acknowledgement names it. */
const MessageNumber = Type.Integer({ minimum: 1, maximum: MAX_SEQUENCE });
const Sequence = Type.Integer({ minimum: 0, maximum: MAX_SEQUENCE });
/** A value of the Kubernetes API that is checked where it is written, not here. */
const ApiValue = Type.Record(Type.String(), Type.Unknown());

/** An event as a kubelet would post it on a node or a pod. */
const ReportedEvent = Type.Object({
  type: Type.Union([Type.Literal('Normal'), Type.Literal('Warning')]),
  reason: Type.String({ maxLength: 128 }),
  message: Type.String({ maxLength: 1024 }),
  at: Timestamp,
  /** The sequence of the report that had it first; without it, that of the report it is in. It is recorded once. */
  sequence: Type.Optional(Sequence),
});

export const NodeRegistration = Type.Object({
  name: DnsName,
  labels: Type.Optional(StringMap),
  annotations: Type.Optional(StringMap),
  taints: Type.Optional(
    Type.Array(Type.Object({ key: Type.String(), value: Type.Optional(Type.String()), effect: Type.String() })),
  ),
  /** Node status as the agent sees it: capacity, allocatable, addresses, nodeInfo, conditions, daemonEndpoints. */
  status: ApiValue,
  /** Events on the node; `sequence` is the number of the message that had it first. */
  events: Type.Optional(Type.Array(ReportedEvent, { maxItems: 100 })),
});

/** These nodes exist, and the sender hosts them. Sent at start, and again for nodes whose object is missing. */
export const NodeRegistered = Type.Object({
  incarnation: Incarnation,
  message: MessageNumber,
  nodes: Type.Array(NodeRegistration, { maxItems: MAX_REPORT_ITEMS }),
});

/** These nodes are alive. One message for all nodes of an agent, or one a part where they are very many. */
export const NodeHeartbeat = Type.Object({
  /**
   * That of the agent's process. 0 where the sender hosts no nodes. An agent of a release without handed out
   * incarnations sends the time of its start in ms instead, and its nodes are alive all the same.
   */
  incarnation: Type.Integer({ minimum: 0 }),
  nodes: Type.Array(DnsName, { maxItems: 5000 }),
});

/** An event on a pod, or on a part of it. */
export const PodEvent = Type.Object({
  ...ReportedEvent.properties,
  fieldPath: Type.Optional(Type.String({ maxLength: 512 })),
});

export const PodStatusItem = Type.Object({
  namespace: Namespace,
  name: DnsName,
  uid: Uid,
  node: DnsName,
  /**
   * Grows with every report of this pod by this incarnation that says something else. An older one is never written
   * over a newer one.
   */
  sequence: Sequence,
  /** PodStatus as the agent knows it: phase, conditions, container states, IPs. */
  status: Type.Optional(ApiValue),
  /** The containers have stopped and nothing of the pod is left: the object may go. */
  stopped: Type.Optional(Type.Boolean()),
  events: Type.Optional(Type.Array(PodEvent, { maxItems: 100 })),
});

export const PodStatusReported = Type.Object({
  incarnation: Incarnation,
  message: MessageNumber,
  pods: Type.Array(PodStatusItem, { maxItems: MAX_REPORT_ITEMS }),
});

/**
 * The store has what this report says, or has refused it for good. Published outside the streams: where it is lost, the
 * agent sends the report again. An incarnation that receives one for a later incarnation of its name is superseded;
 * `message` is 0 where nothing was stored.
 */
export const ReportStored = Type.Object({
  incarnation: Incarnation,
  message: Type.Integer({ minimum: 0 }),
});

/**
 * These nodes exist and have no host, as one that a client made again after it was deleted, and the agent has sent a
 * heartbeat for them: it registers them. Published outside the streams: the next heartbeat asks again.
 */
export const NodesUnhosted = Type.Object({ nodes: Type.Array(DnsName, { maxItems: 5000 }) });

/** Run these pods, or keep running them in this form. Whole Pod objects. */
export const PodAssigned = Type.Object({
  /** The message takes everything up to this revision into account. */
  revision: Revision,
  pods: Type.Array(ApiValue),
});

/**
 * Stop these pods within their grace period. `gone`: the object does not exist any more, stop at once and report
 * nothing.
 */
export const PodTerminating = Type.Object({
  revision: Revision,
  pods: Type.Array(
    Type.Object({
      namespace: Namespace,
      name: Name,
      uid: Uid,
      node: Name,
      graceSeconds: Type.Integer({ minimum: 0 }),
      gone: Type.Boolean(),
    }),
  ),
});

/**
 * A desired state was created, changed or removed. Level-triggered: it asks to read the object again, and has no
 * content.
 */
export const ManifestApplied = Type.Object({
  resource: Type.Unsafe<ResourceName>(Type.String()),
  namespace: Type.String(),
  name: Name,
  uid: Uid,
  revision: Revision,
  operation: Type.Union([Type.Literal('created'), Type.Literal('updated'), Type.Literal('deleted')]),
});

/** Which pods are assigned to the nodes of the asking agent? In pages: `after` is the last uid of the page before. */
export const ListPodsRequest = Type.Object({
  after: Type.Optional(Uid),
  limit: Type.Integer({ minimum: 1, maximum: 5000 }),
});
export const ListPodsReply = Type.Object({
  revision: Revision,
  pods: Type.Array(
    Type.Object({
      namespace: Namespace,
      name: Name,
      uid: Uid,
      node: Name,
      /** Set when the pod is to stop. */
      graceSeconds: Type.Optional(Type.Integer({ minimum: 0 })),
      /** The order of the last report that the store has of this pod: see {@link reportOrder}. */
      reported: Type.Integer({ minimum: 0 }),
    }),
  ),
  /** There are more. */
  more: Type.Boolean(),
});

/** Whole Pod objects, for the uids that the agent does not run yet. Pods that are gone are left out of the reply. */
export const FetchPodsRequest = Type.Object({ uids: Type.Array(Uid, { maxItems: 500 }) });
export const FetchPodsReply = Type.Object({ revision: Revision, pods: Type.Array(ApiValue) });

/** A ConfigMap or Secret in the namespace of a pod; with `key`, that key of it. */
const MissingObject = Type.Object({
  kind: Type.Union([Type.Literal('ConfigMap'), Type.Literal('Secret')]),
  name: Type.String(),
  key: Type.Optional(Type.String()),
});
/**
 * Which of the ConfigMaps and Secrets that these pods name do not exist, or lack the keys that the pods name? No
 * content is sent. Pods that are gone, or not on a node of the asking agent, are left out of the reply.
 */
export const FindMissingRequest = Type.Object({ uids: Type.Array(Uid, { maxItems: 500 }) });
export const FindMissingReply = Type.Object({
  pods: Type.Array(Type.Object({ uid: Uid, missing: Type.Array(MissingObject) })),
});

/** What of the objects is asked for that pods use: the kind and name, by a pod that names it. */
const AskedObject = Type.Object({
  uid: Uid,
  kind: Type.Union([Type.Literal('ConfigMap'), Type.Literal('Secret')]),
  name: Type.String({ minLength: 1, maxLength: 253 }),
  /** The revision that the agent has: its content is not sent again. */
  known: Type.Optional(Revision),
  /** With a revision of which a part has come: where the next one begins, in characters. */
  from: Type.Optional(Type.Integer({ minimum: 1 })),
  of: Type.Optional(Revision),
});
/**
 * The content of the ConfigMaps and Secrets that the pods on the nodes of the asking agent name. What no such pod names
 * counts as absent. Answers stand in the order of the questions; those at the end that did not fit are left out.
 */
export const FetchObjectsRequest = Type.Object({ objects: Type.Array(AskedObject, { minItems: 1, maxItems: 100 }) });
export const FetchObjectsReply = Type.Object({
  objects: Type.Array(
    Type.Object({
      /** The revision of the object; undefined where there is none. */
      revision: Type.Optional(Revision),
      /** JSON of its `data` and `binaryData`, or a part of that from `from` on; none where the revision is known. */
      text: Type.Optional(Type.String()),
      from: Type.Optional(Type.Integer({ minimum: 0 })),
      /** Characters of the whole. */
      size: Type.Optional(Type.Integer({ minimum: 0 })),
    }),
  ),
});

/**
 * A token for the service account of a pod on a node of the asking agent, bound to the pod. The audience is that of the
 * api without one.
 */
export const IssueTokenRequest = Type.Object({
  uid: Uid,
  audience: Type.Optional(Type.String({ maxLength: 1024 })),
  expirationSeconds: Type.Integer({ minimum: 600, maximum: 2 ** 32 }),
});
export const IssueTokenReply = Type.Object({
  token: Type.String({ minLength: 1 }),
  /** How long it is valid from its issue on. */
  expirationSeconds: Type.Integer({ minimum: 1 }),
});

/** A new process of an agent asks for its incarnation. The same process always receives the same answer. */
export const TakeIncarnationRequest = Type.Object({
  /** Different for every process. */
  process: Type.String({ minLength: 1, maxLength: 64 }),
});
export const TakeIncarnationReply = Type.Object({ incarnation: Incarnation });

/** Reply to a request that could not be answered. `Bus.request` rejects with its text; the asker tries again later. */
export const RequestFailed = Type.Object({ error: Type.String() });

export type NodeRegistration = Static<typeof NodeRegistration>;
export type NodeRegistered = Static<typeof NodeRegistered>;
export type NodeHeartbeat = Static<typeof NodeHeartbeat>;
export type PodEvent = Static<typeof PodEvent>;
export type PodStatusItem = Static<typeof PodStatusItem>;
export type PodStatusReported = Static<typeof PodStatusReported>;
export type NodesUnhosted = Static<typeof NodesUnhosted>;
export type ReportStored = Static<typeof ReportStored>;
export type PodAssigned = Static<typeof PodAssigned>;
export type PodTerminating = Static<typeof PodTerminating>;
export type ManifestApplied = Static<typeof ManifestApplied>;
export type ListPodsRequest = Static<typeof ListPodsRequest>;
export type ListPodsReply = Static<typeof ListPodsReply>;
export type FetchPodsRequest = Static<typeof FetchPodsRequest>;
export type FetchPodsReply = Static<typeof FetchPodsReply>;
export type FindMissingRequest = Static<typeof FindMissingRequest>;
export type FindMissingReply = Static<typeof FindMissingReply>;
export type FetchObjectsRequest = Static<typeof FetchObjectsRequest>;
export type FetchObjectsReply = Static<typeof FetchObjectsReply>;
export type IssueTokenRequest = Static<typeof IssueTokenRequest>;
export type IssueTokenReply = Static<typeof IssueTokenReply>;
export type TakeIncarnationRequest = Static<typeof TakeIncarnationRequest>;
export type TakeIncarnationReply = Static<typeof TakeIncarnationReply>;
export type RequestFailed = Static<typeof RequestFailed>;

/** Event types, the `ce-type` of each, and the schema of its JSON body. */
export const eventSchemas = {
  'node-registered': NodeRegistered,
  'node-heartbeat': NodeHeartbeat,
  'pod-status': PodStatusReported,
  'report-stored': ReportStored,
  'nodes-unhosted': NodesUnhosted,
  'pod-assigned': PodAssigned,
  'pod-terminating': PodTerminating,
  'manifest-applied': ManifestApplied,
  'tunnel-wanted': TunnelWanted,
} as const;

export type EventName = keyof typeof eventSchemas;
export type EventBody<N extends EventName> = Static<(typeof eventSchemas)[N]>;

/** The value of `ce-type`. */
export function eventType(name: EventName | 'objects-changed'): string {
  return `io.everynode.${name}.v1`;
}
