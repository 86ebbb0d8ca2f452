export {
  APPLY_MEDIA_TYPE,
  applyPatch,
  checkMediaType,
  describePatch,
  isJsonPatch,
  isStrategic,
  undecodablePatch,
} from './apply-patch.js';
export { isFailedTest, MAX_JSON_PATCH_OPERATIONS } from './json-patch.js';
export { type Applied, type ApplyConflict, applyConfiguration } from './server-side-apply/apply.js';
export { withAssumedOwner } from './server-side-apply/assumed-owner.js';
export { FieldSet } from './server-side-apply/field-set.js';
export { itemErrors } from './server-side-apply/item-errors.js';
export { type FieldManager, readManagers, writeManagers } from './server-side-apply/managers.js';
export { atomicPaths, overlay } from './server-side-apply/overlay.js';
export type { OwnedType } from './server-side-apply/ownership.js';
export { isSameValue } from './server-side-apply/same-value.js';
export { ownersAfterUpdate } from './server-side-apply/update.js';
