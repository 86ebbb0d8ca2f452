import { readFile } from 'node:fs/promises';
import { Ajv } from 'ajv';
import { type Static, Type } from 'typebox';
import { parse } from 'yaml';
import { FLEET_FAILURES } from '../runtime/simulated/simulation-settings.js';
import { seedOf } from '../seeded-random.js';

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
      Type.Object(
        {
          startMs: Type.Optional(Delay),
          readyMs: Type.Optional(Delay),
          stopMs: Type.Optional(Delay),
          failureRate: Type.Optional(Type.Number({ minimum: 0, maximum: 1 })),
          failure: Type.Optional(Type.Union(FLEET_FAILURES.map((failure) => Type.Literal(failure)))),
        },
        { additionalProperties: false },
      ),
    ),
  },
  { additionalProperties: false },
);

export type NodesFile = Static<typeof schema>;

/** A node to host, with all its labels. `number` tells its addresses: below 65,536, and no other node of the fleet has it. */
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

/** Numbers of named nodes lie above those of generated ones, so that their addresses do not meet. A number is 16 bits. */
const NAMED_FROM = 50_000;
const NAMED_RANGE = 15_000;
/** `%d`, or `%05d` to fill up with zeros. */
const NUMBER = /%(?:0(\d+))?d/;

const ownLabels = (name: string): Record<string, string> => ({
  'kubernetes.io/arch': 'amd64',
  'kubernetes.io/hostname': name,
  'kubernetes.io/os': 'linux',
});

/**
 * The nodes that the file asks for. Throws where two have one name, where a pattern has no place for the number, and for
 * numbers and counts that the address space does not hold.
 */
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
  const nodes = [...named, ...generated(file.generate)];
  const names = new Set<string>();
  for (const { name } of nodes) {
    if (names.has(name)) throw new Error(`the nodes file names ${name} twice`);
    names.add(name);
  }
  return nodes;
}

function generated(generate: NodesFile['generate']): HostedNode[] {
  const { count = 0, from = 1, pattern = 'node-%05d', zones = [], labels } = generate ?? {};
  if (!NUMBER.test(pattern))
    throw new Error(`the pattern ${JSON.stringify(pattern)} has no place for a number: write %05d`);
  if (from + count > NAMED_FROM)
    throw new Error(`node numbers end at ${NAMED_FROM - 1}: ${from} and ${count} more is too far`);
  return Array.from({ length: count }, (_, i): HostedNode => {
    const number = from + i;
    const name = pattern.replace(NUMBER, (_match, width = '0') => String(number).padStart(Number(width), '0'));
    // By number and not by place, so that fleets cut into several files have the same zones.
    const zone = zones[Math.max(0, number - 1) % Math.max(1, zones.length)];
    return {
      name,
      number,
      labels: { ...ownLabels(name), ...(zone !== undefined && { 'topology.kubernetes.io/zone': zone }), ...labels },
      taints: [],
      capacity: {},
    };
  });
}

/** A number from the name, the same on every start; two names of one process never share one. */
function numberOf(name: string, taken: Set<number>): number {
  if (taken.size >= NAMED_RANGE) throw new Error(`more than ${NAMED_RANGE} named nodes`);
  let number = NAMED_FROM + (seedOf(name, 0) % NAMED_RANGE);
  while (taken.has(number)) number = NAMED_FROM + ((number - NAMED_FROM + 1) % NAMED_RANGE);
  taken.add(number);
  return number;
}
