import {
  annotationFaults,
  DEADLINE_ANNOTATION,
  OVERRIDES_ANNOTATION,
  readResourceOverrides,
  rolloutLimitsOf,
  unknownAnnotations,
  withOverride,
} from '@everynode/daemonset';
import type { DaemonSet, FieldError, ResourceDefinition, Stored } from '@everynode/objects';
import type { PluginFor } from './plugin.js';

/** Everynode's own annotations on a DaemonSet. */
export const daemonSetPolicy: PluginFor<'daemonsets.apps'> = {
  resources: ['daemonsets.apps'],
  operations: ['create', 'update'],

  /** An annotation that an update leaves as it was is not checked again. */
  fieldErrors({ definition, object, before }) {
    const { annotations = {} } = object.metadata;
    const changed = Object.entries(annotations).filter(([key, value]) => before?.metadata.annotations?.[key] !== value);
    const fieldErrors = annotationFaults(Object.fromEntries(changed)).map(
      ({ key, value, detail }): FieldError => ({ type: 'FieldValueInvalid', field: fieldOf(key), value, detail }),
    );
    if (fieldErrors.length > 0) return fieldErrors;
    return [...deadlineErrors(object, before), ...overrideErrors(definition, object)];
  },

  /** Warns of annotations in Everynode's namespace that have no effect. */
  warnings({ sent: object }) {
    const { annotations } = object.metadata;
    const warnings = unknownAnnotations(annotations).map((key) => `unknown annotation "${key}" has no effect`);
    const { rollback, deadlineMs, zoneBudget, zones } = rolloutLimitsOf(object);
    if (rollback && deadlineMs === undefined) {
      warnings.push('everynode.io/rollback-on-deadline has no effect without everynode.io/progress-deadline-seconds');
    }
    if (zoneBudget !== undefined && !zones) {
      warnings.push('everynode.io/topology-budget has no effect without everynode.io/topology-order');
    }
    return warnings;
  },
};

const fieldOf = (key: string): string => `metadata.annotations[${key}]`;

/**
 * A pod is not available before minReadySeconds, so no rollout could keep such a deadline. What an update leaves as it
 * was is not checked again. Source: pkg/apis/apps/validation, ValidateDeploymentSpec.
 */
function deadlineErrors(object: Stored<DaemonSet>, before: Stored<DaemonSet> | undefined): FieldError[] {
  const limitsOf = ({ metadata, spec }: Stored<DaemonSet>) => [
    rolloutLimitsOf({ metadata }).deadlineMs,
    (spec?.minReadySeconds ?? 0) * 1000,
  ];
  const [deadlineMs, minReadyMs = 0] = limitsOf(object);
  if (deadlineMs === undefined || deadlineMs > minReadyMs) return [];
  if (before && limitsOf(before).join() === [deadlineMs, minReadyMs].join()) return [];
  return [
    {
      type: 'FieldValueInvalid',
      field: fieldOf(DEADLINE_ANNOTATION),
      value: object.metadata.annotations?.[DEADLINE_ANNOTATION],
      detail: 'must be greater than minReadySeconds',
    },
  ];
}

/** With an override the pods must still be valid, and the containers that it names must exist in the template. */
function overrideErrors(definition: ResourceDefinition, object: Stored<DaemonSet>): FieldError[] {
  const value = object.metadata.annotations?.[OVERRIDES_ANNOTATION];
  const { spec: own } = object;
  const spec = own?.template?.spec;
  if (value === undefined || !own || !spec) return [];
  const known = new Set([...spec.containers, ...(spec.initContainers ?? [])].map(({ name }) => name));
  const invalid = (detail: string): FieldError => ({
    type: 'FieldValueInvalid',
    field: fieldOf(OVERRIDES_ANNOTATION),
    value,
    detail,
  });
  return readResourceOverrides(value).overrides.flatMap((override, at) => {
    const unknown = Object.keys(override.containers).filter((name) => !known.has(name));
    const template = { ...own.template, spec: withOverride(spec, override) };
    const changed = { ...object, spec: { ...own, template } };
    return [
      ...unknown.map((name) => invalid(`[${at}].containers.${name}: the template has no such container`)),
      ...definition
        .validate(changed)
        .filter(({ field }) => field.includes('.resources'))
        .map(({ field, detail }) => invalid(`[${at}]: ${field}: ${detail}`)),
    ];
  });
}
