import {
  annotationFaults,
  OVERRIDES_ANNOTATION,
  readResourceOverrides,
  rolloutLimitsOf,
  unknownAnnotations,
  withOverride,
} from '@everynode/daemonset';
import type { DaemonSet, FieldError, KubeObject, ResourceDefinition } from '@everynode/objects';

const fieldOf = (key: string): string => `metadata.annotations[${key}]`;

/** What is wrong with Everynode's own annotations on a DaemonSet. What stood there before is not looked at again. */
export function policyFaults(definition: ResourceDefinition, object: KubeObject, before?: KubeObject): FieldError[] {
  if (definition.storage !== 'daemonsets.apps') return [];
  const { annotations = {} } = object.metadata;
  const changed = Object.entries(annotations).filter(([key, value]) => before?.metadata.annotations?.[key] !== value);
  const faults = annotationFaults(Object.fromEntries(changed)).map(
    ({ key, value, detail }): FieldError => ({ type: 'FieldValueInvalid', field: fieldOf(key), value, detail }),
  );
  return faults.length > 0 ? faults : overrideFaults(definition, object);
}

/** An override has to give pods that the template's own rules allow, and name containers that are there. */
function overrideFaults(definition: ResourceDefinition, object: KubeObject): FieldError[] {
  const value = object.metadata.annotations?.[OVERRIDES_ANNOTATION];
  const template = (object as unknown as DaemonSet).spec?.template;
  if (value === undefined || !template?.spec) return [];
  const { spec } = template;
  const known = new Set([...spec.containers, ...(spec.initContainers ?? [])].map(({ name }) => name));
  const invalid = (detail: string): FieldError => ({
    type: 'FieldValueInvalid',
    field: fieldOf(OVERRIDES_ANNOTATION),
    value,
    detail,
  });
  return readResourceOverrides(value).overrides.flatMap((override, at) => {
    const strangers = Object.keys(override.containers).filter((name) => !known.has(name));
    const changed = structuredClone(object) as KubeObject & { spec: { template: unknown } };
    changed.spec.template = { ...template, spec: withOverride(spec, override) };
    return [
      ...strangers.map((name) => invalid(`[${at}].containers.${name}: the template has no such container`)),
      ...definition
        .validate(changed)
        .filter(({ field }) => field.includes('.resources'))
        .map(({ field, detail }) => invalid(`[${at}]: ${field}: ${detail}`)),
    ];
  });
}

/** Annotations of ours that nothing reads, as a person would want to be told. */
export function policyWarnings(definition: ResourceDefinition, object: KubeObject): string[] {
  if (definition.storage !== 'daemonsets.apps') return [];
  const { annotations } = object.metadata;
  const warnings = unknownAnnotations(annotations).map((key) => `unknown annotation "${key}" has no effect`);
  const { rollback, deadlineMs, zoneBudget, zones } = rolloutLimitsOf(object as unknown as DaemonSet);
  if (rollback && deadlineMs === undefined) {
    warnings.push('everynode.io/rollback-on-deadline has no effect without everynode.io/progress-deadline-seconds');
  }
  if (zoneBudget !== undefined && !zones) {
    warnings.push('everynode.io/topology-budget has no effect without everynode.io/topology-order');
  }
  return warnings;
}
