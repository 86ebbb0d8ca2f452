import { readFile } from 'node:fs/promises';
import { Ajv } from 'ajv';
import { type Static, Type } from 'typebox';
import { parse } from 'yaml';
import { SimulationInFile } from '../runtime/simulated/simulation-settings.js';

const Labels = Type.Record(Type.String(), Type.String());

const schema = Type.Object(
  {
    nodes: Type.Optional(
      Type.Array(
        Type.Object(
          {
            name: Type.String({ minLength: 1, maxLength: 253 }),
            labels: Type.Optional(Labels),
            annotations: Type.Optional(Labels),
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
    simulation: Type.Optional(SimulationInFile),
  },
  { additionalProperties: false },
);

export type NodesFile = Static<typeof schema>;

const validate = new Ajv({ meta: false, validateSchema: false }).compile(schema);

/**
 * Reads and checks the file, YAML or JSON.
 * @throws Error that names the file, and the first thing that is wrong in it.
 */
export async function readNodesFile(path: string): Promise<NodesFile> {
  const content: unknown = parse(await readFile(path, 'utf8'));
  if (!validate(content)) {
    const [error] = validate.errors ?? [];
    throw new Error(`${path}: ${error?.instancePath || 'the file'} ${error?.message ?? 'is not valid'}`);
  }
  return content as NodesFile;
}
