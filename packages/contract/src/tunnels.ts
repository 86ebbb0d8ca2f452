import { type Static, Type } from 'typebox';

/**
 * A tunnel carries the bytes between one request of a client and one container: an api and an agent are its ends. The
 * api asks for it with this message; the frames of both directions are bytes (`packages/container-streams`).
 */
const Text = (maxLength: number) => Type.String({ minLength: 1, maxLength });
const Container = Text(63);
const Count = Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER });

/** The lines of a container's log. Source: PodLogOptions. */
const LogWanted = Type.Object({
  kind: Type.Literal('log'),
  container: Container,
  follow: Type.Boolean(),
  previous: Type.Boolean(),
  timestamps: Type.Boolean(),
  /** RFC 3339: lines from then on. */
  since: Type.Optional(Text(40)),
  /** At most so many lines of the end. */
  tailLines: Type.Optional(Count),
  limitBytes: Type.Optional(Count),
  stream: Type.Union([Type.Literal('All'), Type.Literal('Stdout'), Type.Literal('Stderr')]),
});

const io = {
  container: Container,
  stdin: Type.Boolean(),
  stdout: Type.Boolean(),
  stderr: Type.Boolean(),
  tty: Type.Boolean(),
};
/** A command in a container. */
const ExecWanted = Type.Object({
  kind: Type.Literal('exec'),
  ...io,
  command: Type.Array(Type.String(), { minItems: 1 }),
});
/** What runs in a container. */
const AttachWanted = Type.Object({ kind: Type.Literal('attach'), ...io });
/** One connection to a port of a pod. Without a port: whether its ports can be reached at all. */
const PortWanted = Type.Object({
  kind: Type.Literal('port-forward'),
  port: Type.Optional(Type.Integer({ minimum: 1, maximum: 65535 })),
});

/** What nodes and the containers on them use: a line of JSON for each node, see {@link NodeUsage}. */
const UsageWanted = Type.Object({
  kind: Type.Literal('usage'),
  /** Without it, all nodes of the agent. */
  nodes: Type.Optional(Type.Array(Text(253), { minItems: 1, maxItems: 1000 })),
});

const ends = {
  /** 32 hexadecimal digits. */
  tunnel: Type.String({ pattern: '^[0-9a-f]{32}$' }),
  /** The process of the api, as its subjects name it. */
  process: Type.String({ pattern: '^[0-9a-f]{16}$' }),
};

/** A message of the api to the agent: open a tunnel to this pod, or to the nodes of the agent. */
export const TunnelWanted = Type.Union([
  Type.Object({
    ...ends,
    pod: Type.Object({ namespace: Text(63), name: Text(253), uid: Text(64) }),
    to: Type.Union([LogWanted, ExecWanted, AttachWanted, PortWanted]),
  }),
  Type.Object({ ...ends, to: UsageWanted }),
]);

export type LogWanted = Static<typeof LogWanted>;
export type ExecWanted = Static<typeof ExecWanted>;
export type AttachWanted = Static<typeof AttachWanted>;
export type UsageWanted = Static<typeof UsageWanted>;
export type TunnelWanted = Static<typeof TunnelWanted>;
/** A tunnel into a pod. */
export type PodTunnelWanted = Extract<TunnelWanted, { pod: unknown }>;
