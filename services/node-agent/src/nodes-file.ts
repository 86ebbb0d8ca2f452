import { readFile } from 'node:fs/promises';
import { Ajv } from 'ajv';
import { type Static, Type } from 'typebox';
import { parse } from 'yaml';

const Labels = Type.Record(Type.String(), Type.String());
const Delay = Type.Union([Type.String(), Type.Number()]);

const schema = Type.Object(
  {
    nodes: Type.Optional(
      Type.Array(
        Type.Object(
          {
            name: Type.String({ minLength: 1, maxLength: 253 }),
            labels: Type.Optional(Labels),
            taints: Type.Optional(
              Type.Array(
                Type.Object({ key: Type.String(), value: Type.Optional(Type.String()), effect: Type.String() }),
              ),
            ),
            capacity: Type.Optional(Labels),
          },
          { additionalProperties: false },
        ),
      ),
    ),
    generate: Type.Optional(
      Type.Object(
        {
          count: Type.Integer({ minimum: 0 }),
          from: Type.Optional(Type.Integer({ minimum: 0 })),
          pattern: Type.Optional(Type.String()),
          zones: Type.Optional(Type.Array(Type.String())),
          labels: Type.Optional(Labels),
        },
        { additionalProperties: false },
      ),
    ),
    simulation: Type.Optional(
      Type.Object({
        startMs: Type.Optional(Delay),
        readyMs: Type.Optional(Delay),
        stopMs: Type.Optional(Delay),
      }),
    ),
  },
  { additionalProperties: false },
);

export type NodesFile = Static<typeof schema>;

/** A node to host, with all its labels. `number` tells its addresses. */
export interface HostedNode {
  name: string;
  number: number;
  labels: Record<string, string>;
  taints: { key: string; value?: string; effect: string }[];
  capacity: Record<string, string>;
}

const validate = new Ajv().compile(schema);

/** Reads and checks the file. Throws with what is wrong in it. */
export async function readNodesFile(path: string): Promise<NodesFile> {
  const content: unknown = parse(await readFile(path, 'utf8'));
  if (!validate(content)) {
    const [error] = validate.errors ?? [];
    throw new Error(`${path}: ${error?.instancePath || 'the file'} ${error?.message ?? 'is not valid'}`);
  }
  return content as NodesFile;
}

/** Numbers of named nodes lie above those of numbered ones, so that their addresses do not meet. */
const NAMED_FROM = 50_000;
const NAMED_RANGE = 15_000;

const ownLabels = (name: string): Record<string, string> => ({
  'kubernetes.io/arch': 'amd64',
  'kubernetes.io/hostname': name,
  'kubernetes.io/os': 'linux',
});

/** The nodes that the file asks for. */
export function nodesFrom(file: NodesFile): HostedNode[] {
  const taken = new Set<number>();
  const named = (file.nodes ?? []).map(
    ({ name, labels, taints, capacity }): HostedNode => ({
      name,
      number: numberOf(name, taken),
      labels: { ...ownLabels(name), ...labels },
      taints: (taints ?? []).map(({ key, value, effect }) => ({ key, effect, ...(value !== undefined && { value }) })),
      capacity: capacity ?? {},
    }),
  );
  const { count = 0, from = 1, pattern = 'node-%05d', zones = [], labels } = file.generate ?? {};
  const numbered = Array.from({ length: count }, (_, i): HostedNode => {
    const number = from + i;
    const name = pattern.replace(/%0?(\d*)d/, (_match, width: string) => String(number).padStart(Number(width), '0'));
    const zone = zones[(number - 1) % zones.length];
    return {
      name,
      number,
      labels: { ...ownLabels(name), ...(zone !== undefined && { 'topology.kubernetes.io/zone': zone }), ...labels },
      taints: [],
      capacity: {},
    };
  });
  return [...named, ...numbered];
}

/** A number from the name, the same on every start; two names of one process never share one. */
function numberOf(name: string, taken: Set<number>): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < name.length; i += 1) hash = Math.imul(hash ^ name.charCodeAt(i), 0x01000193) >>> 0;
  let number = NAMED_FROM + (hash % NAMED_RANGE);
  while (taken.has(number)) number = NAMED_FROM + ((number - NAMED_FROM + 1) % NAMED_RANGE);
  taken.add(number);
  return number;
}
