import { lookupType, type ResourceDefinition } from '@everynode/objects';
import type { Descriptions } from './descriptions.js';
import { type Operation, operationsOf, PATCH_TYPES, sharedParts } from './operations.js';
import { type JsonSchema, reachableTypes, schemaOf, V2 } from './schemas.js';

const ref = (type: string): JsonSchema => ({ $ref: `${V2.refPrefix}${type}` });

function operationObject(operation: Operation): JsonSchema {
  return {
    ...sharedParts(operation),
    consumes: operation.action === 'patch' ? PATCH_TYPES : ['*/*'],
    produces: ['application/json', 'application/yaml'],
    schemes: ['https'],
    parameters: [
      ...operation.query.map((parameter) => ({ ...parameter, in: 'query', uniqueItems: true })),
      ...(operation.body === undefined ? [] : [{ name: 'body', in: 'body', schema: ref(operation.body) }]),
    ],
    responses: {
      200: { description: 'OK', schema: ref(operation.answer) },
      401: { description: 'Unauthorized' },
    },
  };
}

/** Everything in one document, for older clients. */
export function openApiV2(definitions: readonly ResourceDefinition[], descriptions: Descriptions): JsonSchema {
  const operations = definitions.flatMap(operationsOf);
  const roots = operations.flatMap(({ body, answer }) => (body === undefined ? [answer] : [body, answer]));
  const types: JsonSchema = {};
  for (const name of [...reachableTypes(roots)].sort()) {
    const facts = lookupType(name);
    if (facts) types[name] = schemaOf(name, facts, descriptions, V2);
  }
  const paths: Record<string, JsonSchema> = {};
  for (const operation of operations) {
    const item = paths[operation.path] ?? {
      parameters: operation.pathNames.map((name) => ({
        name,
        in: 'path',
        type: 'string',
        required: true,
        uniqueItems: true,
      })),
    };
    item[operation.method] = operationObject(operation);
    paths[operation.path] = item;
  }
  return { swagger: '2.0', info: { title: 'Kubernetes', version: 'v1.36.0' }, paths, definitions: types };
}
