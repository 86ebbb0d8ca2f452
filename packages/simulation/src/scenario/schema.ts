import { type Static, Type } from 'typebox';

const closed = { additionalProperties: false };
const Text = Type.String({ minLength: 1 });
/** A fault names all of the values, as it does not for a union of literals. */
const oneOf = <const Values extends string[]>(...values: Values) =>
  Type.Unsafe<Values[number]>({ type: 'string', enum: values });
const Labels = Type.Record(Type.String(), Type.String());

/** `90s`, `1h30m`, `250ms`: a duration in Go's syntax. */
const Span = Type.String({ pattern: '^(\\d+(\\.\\d+)?(ms|s|m|h))+$|^0$' });
/** `300ms`, `300ms-1.2s`, or quantiles. */
const Latency = Type.Union([
  Type.String({ pattern: '^[0-9.msh]+(-[0-9.msh]+)?$' }),
  Type.Object(
    {
      min: Type.Optional(Span),
      p50: Span,
      p90: Type.Optional(Span),
      p95: Type.Optional(Span),
      p99: Type.Optional(Span),
      max: Type.Optional(Span),
    },
    closed,
  ),
]);
const Taint = Type.Object({ key: Text, value: Type.Optional(Type.String()), effect: Text }, closed);
/** A label selector as text: `pool=edge,zone in (a,b)`. */
const Selector = Type.String();
/** A number of nodes, or a share of those that the selector chooses. */
const Count = Type.Union([Type.Integer({ minimum: 0 }), Type.String({ pattern: '^\\d{1,3}%$' })]);

const Group = Type.Object(
  {
    name: Text,
    count: Type.Integer({ minimum: 1, maximum: 1_000_000 }),
    zones: Type.Optional(Type.Array(Text, { minItems: 1 })),
    labels: Type.Optional(Labels),
    taints: Type.Optional(Type.Array(Taint)),
    capacity: Type.Optional(Labels),
    unschedulable: Type.Optional(Type.Boolean()),
    /** Pods of others on each node: what they request. */
    occupied: Type.Optional(Labels),
  },
  closed,
);

const Failure = Type.Object(
  {
    kind: oneOf('crash', 'image-error', 'never-ready'),
    /** Chance from 0 to 1 that a pod has it. */
    rate: Type.Number({ minimum: 0, maximum: 1 }),
  },
  closed,
);

const Behaviour = Type.Object(
  {
    /** Pods of this DaemonSet: `name` or `namespace/name`; of all where it is left out. */
    daemonSet: Type.Optional(Text),
    /** Pods with a container of this image; `*` stands for any text. */
    image: Type.Optional(Text),
    /** Pods on nodes with these labels. */
    nodes: Type.Optional(Selector),
    /** Pods that begin at this time or later, and before that one. */
    from: Type.Optional(Span),
    until: Type.Optional(Span),
    start: Type.Optional(Latency),
    ready: Type.Optional(Latency),
    stop: Type.Optional(Latency),
    failure: Type.Optional(Failure),
  },
  closed,
);

const NodeChoice = { nodes: Type.Optional(Selector), count: Type.Optional(Count) };
const Choice = Type.Object(NodeChoice, closed);

const Expected = Type.Union([
  Type.Integer(),
  Type.Object({ atLeast: Type.Optional(Type.Integer()), atMost: Type.Optional(Type.Integer()) }, closed),
]);

/** Counters of a DaemonSet's status. */
const Counters = Type.Object(
  {
    currentNumberScheduled: Type.Optional(Expected),
    desiredNumberScheduled: Type.Optional(Expected),
    numberAvailable: Type.Optional(Expected),
    numberMisscheduled: Type.Optional(Expected),
    numberReady: Type.Optional(Expected),
    numberUnavailable: Type.Optional(Expected),
    updatedNumberScheduled: Type.Optional(Expected),
  },
  closed,
);

/** What a step does: one of the members beside `name`, `at` and `after`. */
const Step = Type.Object(
  {
    name: Type.Optional(Text),
    /** When it begins, since the start of the simulation; at once after the step before where it is left out. */
    at: Type.Optional(Span),
    /** How long after the end of the step before it begins. */
    after: Type.Optional(Span),
    /** A file with DaemonSets, beside the scenario, or one as it is. */
    apply: Type.Optional(Type.Union([Text, Type.Record(Type.String(), Type.Unknown())])),
    /** A merge patch of a DaemonSet. */
    patch: Type.Optional(Type.Object({ daemonSet: Text, patch: Type.Record(Type.String(), Type.Unknown()) }, closed)),
    label: Type.Optional(
      Type.Object(
        { ...NodeChoice, labels: Type.Record(Type.String(), Type.Union([Type.String(), Type.Null()])) },
        closed,
      ),
    ),
    taint: Type.Optional(Type.Object({ ...NodeChoice, taints: Type.Array(Taint, { minItems: 1 }) }, closed)),
    untaint: Type.Optional(Type.Object({ ...NodeChoice, key: Text }, closed)),
    cordon: Type.Optional(Choice),
    uncordon: Type.Optional(Choice),
    join: Type.Optional(Group),
    leave: Type.Optional(Choice),
    /** Machines go off, and come back after `for`. */
    kill: Type.Optional(Type.Object({ ...NodeChoice, for: Type.Optional(Span) }, closed)),
    /** Nothing passes between nodes and the control plane. */
    partition: Type.Optional(Type.Object({ ...NodeChoice, for: Type.Optional(Span) }, closed)),
    /** All machines of a zone go off. */
    zoneOutage: Type.Optional(Type.Object({ zone: Text, for: Type.Optional(Span) }, closed)),
    /** Machines that are off, or cut off, come back. */
    restore: Type.Optional(Choice),
    wait: Type.Optional(Span),
    waitFor: Type.Optional(
      Type.Object(
        {
          daemonSet: Text,
          condition: oneOf('RolledOut', 'Stuck', 'RolledBack'),
          timeout: Type.Optional(Span),
        },
        closed,
      ),
    ),
    assert: Type.Optional(Type.Object({ daemonSet: Text, status: Counters }, closed)),
  },
  closed,
);

const Quantiles = Type.Object(
  { p50: Type.Optional(Span), p95: Type.Optional(Span), p99: Type.Optional(Span), max: Type.Optional(Span) },
  closed,
);

/** What must hold at the end, for each DaemonSet of the simulation. */
const Thresholds = Type.Object(
  {
    /** From the creation of a pod until it is ready. */
    timeToReady: Type.Optional(Quantiles),
    /** The sum over nodes of the time that an eligible node had no available pod. */
    unavailableSeconds: Type.Optional(Type.Number({ minimum: 0 })),
    peakUnavailable: Type.Optional(Type.Integer({ minimum: 0 })),
    /** How often the rollout took an available pod beyond its budget. */
    budgetViolations: Type.Optional(Type.Integer({ minimum: 0 })),
    /** The whole simulation, until nothing is left to do. */
    duration: Type.Optional(Span),
  },
  closed,
);

/** The schema of a scenario. docs/simulate.md describes it. */
export const ScenarioSchema = Type.Object(
  {
    apiVersion: Type.Literal('everynode.io/v1'),
    kind: Type.Literal('Simulation'),
    metadata: Type.Object({ name: Text }, { additionalProperties: true }),
    spec: Type.Object(
      {
        /** The same seed gives the same simulation. */
        seed: Type.Optional(Type.Integer({ minimum: 0, maximum: 4_294_967_295 })),
        fleet: Type.Object(
          {
            groups: Type.Optional(Type.Array(Group)),
            /** A dump of a cluster, beside the scenario. */
            from: Type.Optional(Text),
          },
          closed,
        ),
        /** Files with DaemonSets and other objects that are there from the start, or objects as they are. */
        manifests: Type.Optional(Type.Array(Type.Union([Text, Type.Record(Type.String(), Type.Unknown())]))),
        behaviour: Type.Optional(Type.Array(Behaviour)),
        steps: Type.Array(Step, { minItems: 1 }),
        thresholds: Type.Optional(Thresholds),
        /** The simulation ends at this time at the latest. */
        limit: Type.Optional(Span),
      },
      closed,
    ),
  },
  closed,
);

export type Scenario = Static<typeof ScenarioSchema>;
export type ScenarioSpec = Scenario['spec'];
export type ScenarioGroup = Static<typeof Group>;
export type ScenarioStep = Static<typeof Step>;
export type ScenarioBehaviour = Static<typeof Behaviour>;
export type ScenarioThresholds = Static<typeof Thresholds>;
export type ScenarioLatency = Static<typeof Latency>;
