import type { PostedKind, ResourceDefinition } from '@everynode/objects';
import type { Descriptions } from './descriptions.js';
import { type Operation, operationsOf, PATCH_MEDIA_TYPES, PATCH_TYPE, typesOf } from './operations.js';
import { PATH_PARAMETERS, type QueryParameter } from './parameters.js';
import { pathItems } from './path-items.js';
import { type JsonSchema, schemasOf, V2 } from './schemas.js';
import { API_VERSION, TITLE } from './v3.js';

export interface OpenApiV2Document {
  swagger: '2.0';
  info: { title: string; version: string };
  paths: Record<string, JsonSchema>;
  definitions: JsonSchema;
}

const reference = (type: string): JsonSchema => ({ $ref: `${V2.refPrefix}${type}` });

const queryParameter = ({ name, type, description }: QueryParameter): JsonSchema => ({
  name,
  in: 'query',
  description,
  type,
  uniqueItems: true,
});

const pathParameter = (name: string): JsonSchema => ({
  name,
  in: 'path',
  description: PATH_PARAMETERS[name] ?? '',
  required: true,
  type: 'string',
  uniqueItems: true,
});

function operationObject(operation: Operation): JsonSchema {
  const { body, method } = operation;
  const schema = reference(operation.answer);
  const bodyParameter = body === undefined ? [] : [{ name: 'body', in: 'body', schema: reference(body) }];
  const isRequired = method !== 'delete';
  return {
    description: operation.description,
    tags: [operation.tag],
    operationId: operation.id,
    consumes: body === PATCH_TYPE ? PATCH_MEDIA_TYPES : ['*/*'],
    produces: ['application/json', 'application/yaml', 'application/vnd.kubernetes.protobuf'],
    schemes: ['https'],
    parameters: [
      ...bodyParameter.map((parameter) => (isRequired ? { ...parameter, required: true } : parameter)),
      ...operation.query.map(queryParameter),
    ],
    responses: {
      200: { description: 'OK', schema },
      ...(method === 'post' && { 201: { description: 'Created', schema } }),
      401: { description: 'Unauthorized' },
    },
    'x-kubernetes-action': operation.action,
    'x-kubernetes-group-version-kind': operation.kind,
  };
}

/** The OpenAPI 2.0 document, for clients that do not know version 3: everything that is served, in one piece. */
export function openApiV2(
  resources: readonly ResourceDefinition[],
  descriptions: Descriptions,
  postedKinds: readonly PostedKind[] = [],
): OpenApiV2Document {
  const operations = operationsOf({ resources, postedKinds });
  const paths = pathItems(operations, { pathParameter, queryParameter, operationObject });
  return {
    swagger: '2.0',
    info: { title: TITLE, version: API_VERSION },
    paths,
    definitions: schemasOf(typesOf(operations), descriptions, V2),
  };
}
