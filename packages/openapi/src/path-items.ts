import { type Operation, pathNames } from './operations.js';
import { PRETTY, type QueryParameter } from './parameters.js';
import type { JsonSchema } from './schemas.js';

/** How a version of OpenAPI writes the pieces of a path. */
interface PathWriter {
  pathParameter(name: string): JsonSchema;
  queryParameter(parameter: QueryParameter): JsonSchema;
  operationObject(operation: Operation): JsonSchema;
}

/** The `paths` of a document: operations by path and method, with the parameters that all methods of a path share. */
export function pathItems(operations: readonly Operation[], writer: PathWriter): Record<string, JsonSchema> {
  const paths: Record<string, JsonSchema> = {};
  for (const operation of operations) {
    const { path, method } = operation;
    paths[path] ??= {
      parameters: [...pathNames(operation).map(writer.pathParameter), writer.queryParameter(PRETTY)],
    };
    Object.assign(paths[path], { [method]: writer.operationObject(operation) });
  }
  return paths;
}
