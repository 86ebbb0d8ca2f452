import { lookupType, type ResourceDefinition } from '@everynode/objects';
import type { Descriptions } from './descriptions.js';
import { type Operation, operationsOf, PATCH_TYPES, sharedParts } from './operations.js';
import { type JsonSchema, reachableTypes, schemaOf, V3 } from './schemas.js';

const ref = (type: string): JsonSchema => ({ $ref: `${V3.refPrefix}${type}` });

function operationObject(operation: Operation): JsonSchema {
  const bodyTypes = operation.action === 'patch' ? PATCH_TYPES : ['*/*'];
  const { body } = operation;
  return {
    ...sharedParts(operation),
    parameters: operation.query.map(({ name, type, description }) => ({
      name,
      in: 'query',
      description,
      schema: { type, uniqueItems: true },
    })),
    ...(body !== undefined && {
      requestBody: { content: Object.fromEntries(bodyTypes.map((type) => [type, { schema: ref(body) }])) },
    }),
    responses: {
      200: { description: 'OK', content: { 'application/json': { schema: ref(operation.answer) } } },
      ...(operation.method === 'post' && {
        201: { description: 'Created', content: { 'application/json': { schema: ref(operation.answer) } } },
      }),
      401: { description: 'Unauthorized' },
    },
  };
}

/** The document of one group and version: its resources, and every type that they reach. */
export function openApiV3(definitions: readonly ResourceDefinition[], descriptions: Descriptions): JsonSchema {
  const operations = definitions.flatMap(operationsOf);
  const roots = operations.flatMap(({ body, answer }) => (body === undefined ? [answer] : [body, answer]));
  const schemas: JsonSchema = {};
  for (const name of [...reachableTypes(roots)].sort()) {
    const facts = lookupType(name);
    if (facts) schemas[name] = schemaOf(name, facts, descriptions, V3);
  }
  const paths: Record<string, JsonSchema> = {};
  for (const operation of operations) {
    const item = paths[operation.path] ?? {
      parameters: operation.pathNames.map((name) => ({
        name,
        in: 'path',
        required: true,
        schema: { type: 'string', uniqueItems: true },
      })),
    };
    item[operation.method] = operationObject(operation);
    paths[operation.path] = item;
  }
  return {
    openapi: '3.0.0',
    info: { title: 'Kubernetes', version: 'v1.36.0' },
    paths,
    components: { schemas },
  };
}
