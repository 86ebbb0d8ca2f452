export {
  APPLY_MEDIA_TYPE,
  applyPatch,
  checkMediaType,
  describePatch,
  isJsonPatch,
  PATCH_MEDIA_TYPES,
  type PatchSchema,
} from './apply-patch.js';
export type { FieldFacts, LookupType, TypeFacts } from './field-facts.js';
export { type JsonMap, MAX_DEPTH } from './json.js';
export { applyJsonPatch, MAX_COPIED_BYTES, MAX_JSON_PATCH_OPERATIONS } from './json-patch.js';
export { applyMergePatch } from './merge-patch.js';
export { itemFaults } from './server-side-apply/item-faults.js';
export { type FieldManager, type Ownership, readManagers, writeManagers } from './server-side-apply/managers.js';
export {
  type Apply,
  type ApplyConflict,
  type ApplyTarget,
  applyConfiguration,
  ownersAfterUpdate,
  type WrittenHalf,
} from './server-side-apply/ownership.js';
export { applyStrategicMergePatch } from './strategic-merge/merge-map.js';
