import { FAILED_REVISION_ANNOTATION, GOOD_REVISION_ANNOTATION } from '@everynode/daemonset';
import {
  type DaemonSet,
  decodeObject,
  invalid,
  type KubeObject,
  resourceByStorage,
  type Stored,
} from '@everynode/objects';

/** Where objects of these kinds go that name no namespace. */
const DEFAULT_NAMESPACE = 'default';

/**
 * A DaemonSet as an api would have stored it: decoded strictly, with its defaults, and valid. `uid` and `at` (RFC 3339)
 * are what the api would have given it.
 * @throws ApiError BadRequest for unknown fields and wrong types, Invalid with the field paths.
 */
export function completeDaemonSet(sent: KubeObject, uid: string, at: string): Stored<DaemonSet> {
  const definition = resourceByStorage('daemonsets.apps');
  const { object } = decodeObject({ value: sent }, definition, 'Strict');
  const { metadata } = object;
  object.metadata = {
    ...metadata,
    namespace: metadata.namespace ?? DEFAULT_NAMESPACE,
    uid,
    creationTimestamp: at,
    generation: 1,
  };
  definition.setDefaults(object);
  definition.prepareForCreate(object);
  const faults = definition.validate(object);
  const { group, kind } = definition;
  if (faults.length > 0) throw invalid({ group, kind, name: metadata.name }, faults);
  return object as unknown as Stored<DaemonSet>;
}

/** Annotations that the controller writes, and that an apply leaves alone. */
const KEPT = [GOOD_REVISION_ANNOTATION, FAILED_REVISION_ANNOTATION];

/**
 * The DaemonSet that an apply makes of the one that is there.
 * @throws ApiError Invalid for a change of what may not change: the selector.
 */
export function appliedDaemonSet(before: Stored<DaemonSet>, sent: Stored<DaemonSet>): Stored<DaemonSet> {
  const kept = Object.entries(before.metadata.annotations ?? {}).filter(([name]) => KEPT.includes(name));
  const annotations = { ...sent.metadata.annotations, ...Object.fromEntries(kept) };
  // It stays the same object: its history and its pods are found by its uid.
  const { uid, creationTimestamp } = before.metadata;
  const metadata = { ...sent.metadata, annotations, uid, creationTimestamp };
  const after = updatedDaemonSet(before, { ...sent, metadata });
  const { group, kind, validateUpdate } = resourceByStorage('daemonsets.apps');
  const faults = validateUpdate(after as KubeObject, before as KubeObject);
  if (faults.length > 0) throw invalid({ group, kind, name: sent.metadata.name }, faults);
  return after;
}

/** The DaemonSet as an api would have stored it in place of another: with the generations that follow. */
export function updatedDaemonSet(before: Stored<DaemonSet>, wanted: Stored<DaemonSet>): Stored<DaemonSet> {
  const after = structuredClone(wanted) as KubeObject;
  resourceByStorage('daemonsets.apps').prepareForUpdate(after, before as KubeObject);
  return after as unknown as Stored<DaemonSet>;
}
