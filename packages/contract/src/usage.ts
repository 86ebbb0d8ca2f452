import { type Static, Type } from 'typebox';

const Amount = Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER });

const used = {
  /** Cores that were used on average over the window, in billionths. */
  cpuNanocores: Amount,
  /** The working set at the end of the window, in bytes. */
  workingSetBytes: Amount,
};

const measured = {
  /** The end of the window, in ms since 1970. */
  atMs: Amount,
  windowMs: Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER }),
};

/** What a node and the containers on it use. A pod of which not all containers were measured is left out. */
export const NodeUsage = Type.Object({
  node: Type.String({ minLength: 1, maxLength: 253 }),
  ...measured,
  ...used,
  pods: Type.Array(
    Type.Object({
      uid: Type.String({ minLength: 1, maxLength: 64 }),
      ...measured,
      containers: Type.Array(Type.Object({ name: Type.String({ minLength: 1, maxLength: 63 }), ...used }), {
        minItems: 1,
        maxItems: 100,
      }),
    }),
    { maxItems: 5000 },
  ),
});

export type NodeUsage = Static<typeof NodeUsage>;
export type PodUsage = NodeUsage['pods'][number];
export type ContainerUsage = PodUsage['containers'][number];
