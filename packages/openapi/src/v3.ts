import type { PostedKind, ResourceDefinition } from '@everynode/objects';
import type { Descriptions } from './descriptions.js';
import { type Operation, operationsOf, PATCH_MEDIA_TYPES, PATCH_TYPE, typesOf } from './operations.js';
import { PATH_PARAMETERS, type QueryParameter } from './parameters.js';
import { pathItems } from './path-items.js';
import { type JsonSchema, schemasOf, V3 } from './schemas.js';

/** Version of Kubernetes whose API this is. Clients compare it with their own. */
export const API_VERSION = 'v1.36.0';
export const TITLE = 'Kubernetes';

export interface OpenApiV3Document {
  openapi: '3.0.0';
  info: { title: string; version: string };
  paths: Record<string, JsonSchema>;
  components: { schemas: JsonSchema };
}

const reference = (type: string): JsonSchema => ({ $ref: `${V3.refPrefix}${type}` });

const content = (mediaTypes: readonly string[], type: string): JsonSchema =>
  Object.fromEntries(mediaTypes.map((mediaType) => [mediaType, { schema: reference(type) }]));

const ANSWER_MEDIA_TYPES = ['application/json', 'application/vnd.kubernetes.protobuf', 'application/yaml'];
const WATCH_MEDIA_TYPES = ['application/json;stream=watch', 'application/vnd.kubernetes.protobuf;stream=watch'];

const queryParameter = ({ name, type, description }: QueryParameter): JsonSchema => ({
  name,
  in: 'query',
  description,
  schema: { type, uniqueItems: true },
});

const pathParameter = (name: string): JsonSchema => ({
  name,
  in: 'path',
  description: PATH_PARAMETERS[name] ?? '',
  required: true,
  schema: { type: 'string', uniqueItems: true },
});

/**
 * Codes of success. A create may return 200 (a write with dryRun), and a delete 202 (a graceful deletion that goes on).
 */
function answers({ method, action, answer }: Operation): JsonSchema {
  const mediaTypes = action === 'list' ? [...ANSWER_MEDIA_TYPES, ...WATCH_MEDIA_TYPES] : ANSWER_MEDIA_TYPES;
  const body = { content: content(mediaTypes, answer) };
  return {
    200: { description: 'OK', ...body },
    ...(method === 'post' && { 201: { description: 'Created', ...body } }),
    401: { description: 'Unauthorized' },
  };
}

function operationObject(operation: Operation): JsonSchema {
  const { body } = operation;
  return {
    description: operation.description,
    tags: [operation.tag],
    operationId: operation.id,
    ...(operation.query.length > 0 && { parameters: operation.query.map(queryParameter) }),
    ...(body !== undefined && {
      requestBody: {
        content: content(body === PATCH_TYPE ? PATCH_MEDIA_TYPES : ['*/*'], body),
        // A deletion may do without options.
        ...(operation.method !== 'delete' && { required: true }),
      },
    }),
    responses: answers(operation),
    'x-kubernetes-action': operation.action,
    'x-kubernetes-group-version-kind': operation.kind,
  };
}

/** The OpenAPI 3.0 document of what is given: the requests, and every type that they reach. */
export function openApiV3(
  resources: readonly ResourceDefinition[],
  descriptions: Descriptions,
  postedKinds: readonly PostedKind[] = [],
): OpenApiV3Document {
  const operations = operationsOf({ resources, postedKinds });
  const paths = pathItems(operations, { pathParameter, queryParameter, operationObject });
  return {
    openapi: '3.0.0',
    info: { title: TITLE, version: API_VERSION },
    paths,
    components: { schemas: schemasOf(typesOf(operations), descriptions, V3) },
  };
}
