import {
  annotationFaults,
  OVERRIDES_ANNOTATION,
  readResourceOverrides,
  rolloutLimitsOf,
  unknownAnnotations,
  withOverride,
} from '@everynode/daemonset';
import type { DaemonSet, FieldError, ResourceDefinition, Stored } from '@everynode/objects';
import { previewWarning } from '../explain/preview.js';
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
    return fieldErrors.length > 0 ? fieldErrors : overrideErrors(definition, object);
  },

  /** Warns of annotations in Everynode's namespace that have no effect. */
  warnings(object) {
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

  preview: previewWarning,
};

const fieldOf = (key: string): string => `metadata.annotations[${key}]`;

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
