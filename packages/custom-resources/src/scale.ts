import {
  ApiError,
  type CustomResourceVersion,
  defineResource,
  type FieldError,
  genericTable,
  invalid,
  type KubeObject,
  type ResourceDefinition,
  type ResourceName,
  type SubresourceDefinition,
} from '@everynode/objects';
import { isMap, type JsonMap } from './schema.js';

type Paths = NonNullable<NonNullable<CustomResourceVersion['subresources']>['scale']>;

const MAX_INT32 = 2 ** 31 - 1;

const namesOf = (path: string): string[] => path.replace(/^\./, '').split('.');

const valueAt = (object: unknown, path: string): unknown =>
  namesOf(path).reduce((value: unknown, name) => (isMap(value) ? value[name] : undefined), object);

/** Faults of the numbers of replicas. Source: pkg/registry/customresource/validator.go. */
export function replicaFaults(object: KubeObject, paths: Paths | undefined, parts: 'all' | 'status'): FieldError[] {
  if (!paths) return [];
  const { specReplicasPath, statusReplicasPath, labelSelectorPath } = paths;
  const numbers = parts === 'all' ? [specReplicasPath, statusReplicasPath] : [statusReplicasPath];
  const errors = numbers.flatMap((path): FieldError[] => {
    const value = valueAt(object, path) ?? 0;
    const fault = (detail: string): FieldError[] => [{ type: 'FieldValueInvalid', field: path, value, detail }];
    if (!Number.isInteger(value)) return fault(wrongType(object, path, 'int64'));
    if (Number(value) < 0) return fault('should be a non-negative integer');
    return Number(value) > MAX_INT32 ? fault(`should be less than or equal to ${MAX_INT32}`) : [];
  });
  const selector = labelSelectorPath ? (valueAt(object, labelSelectorPath) ?? '') : '';
  if (typeof selector !== 'string') {
    const detail = wrongType(object, labelSelectorPath ?? '', 'string');
    errors.push({ type: 'FieldValueInvalid', field: labelSelectorPath ?? '', value: '', detail });
  }
  return errors;
}

/** In the words of Go, which names the types that it decodes JSON into. */
function wrongType(object: KubeObject, path: string, wanted: string): string {
  const value = valueAt(object, path);
  const found =
    typeof value === 'number'
      ? 'float64'
      : typeof value === 'boolean'
        ? 'bool'
        : Array.isArray(value)
          ? '[]interface {}'
          : typeof value === 'object'
            ? 'map[string]interface {}'
            : typeof value;
  const shown = typeof value === 'object' ? JSON.stringify(value) : String(value);
  return `${path.startsWith('.') ? path : `.${path}`} accessor error: ${shown} is of the type ${found}, expected ${wanted}`;
}

/**
 * The scale of a custom resource, whose parts are where its definition says. `errorsOf` checks the whole object that is
 * written. Source: pkg/registry/customresource/etcd.go, ScaleREST.
 */
export function scaleOfCustom(
  owner: Pick<ResourceDefinition, 'group' | 'plural' | 'kind' | 'namespaced'> & { storage: ResourceName },
  paths: Paths,
  errorsOf: (object: KubeObject, current: KubeObject) => FieldError[],
): SubresourceDefinition {
  const { group, plural, kind, namespaced, storage } = owner;
  const { specReplicasPath, statusReplicasPath, labelSelectorPath } = paths;
  const fromStored = (object: KubeObject): KubeObject => {
    const { name, namespace, uid, resourceVersion, creationTimestamp } = object.metadata;
    const replicas = valueAt(object, specReplicasPath);
    if (replicas === undefined) {
      const path = JSON.stringify(specReplicasPath);
      throw new ApiError('InternalError', `Internal error occurred: the spec replicas field ${path} does not exist`);
    }
    const selector = labelSelectorPath ? valueAt(object, labelSelectorPath) : undefined;
    return {
      kind: 'Scale',
      apiVersion: 'autoscaling/v1',
      metadata: { name, ...(namespace !== undefined && { namespace }), uid, resourceVersion, creationTimestamp },
      spec: replicas ? { replicas } : {},
      status: { replicas: valueAt(object, statusReplicasPath) ?? 0, ...(selector ? { selector } : {}) },
    } as KubeObject;
  };
  const toStored = (scale: KubeObject, current: KubeObject | undefined): KubeObject => {
    if (!current) throw new Error('a Scale is written over the object that it scales');
    const { spec } = scale as { spec?: { replicas?: number } };
    const replicas = spec?.replicas ?? 0;
    if (valueAt(current, specReplicasPath) === replicas) return current;
    const object = withValue(current, namesOf(specReplicasPath), replicas) as KubeObject;
    object.metadata = { ...object.metadata, generation: (current.metadata.generation ?? 0) + 1 };
    const errors = errorsOf(object, current);
    if (errors.length > 0) throw invalid({ group, kind, name: object.metadata.name }, errors);
    return object;
  };
  const view: ResourceDefinition = {
    ...defineResource({
      group: 'autoscaling',
      version: 'v1',
      kind: 'Scale',
      plural,
      namespaced,
      schema: 'io.k8s.api.autoscaling.v1.Scale',
      storage,
      verbs: ['get', 'patch', 'update'],
      table: genericTable,
    }),
    convert: { fromStored, toStored },
    viewOf: { group, plural },
  };
  const verbs = [...view.verbs];
  return { name: 'scale', kind: { group: 'autoscaling', version: 'v1', kind: 'Scale' }, verbs, view };
}

function withValue(value: unknown, [name = '', ...rest]: readonly string[], replicas: number): JsonMap {
  const before = isMap(value) ? value : {};
  return { ...before, [name]: rest.length === 0 ? replicas : withValue(before[name], rest, replicas) };
}
