export { APPLY_MEDIA_TYPE, applyPatch, checkMediaType, describePatch, isJsonPatch } from './apply-patch.js';
export { itemErrors } from './server-side-apply/item-errors.js';
export { type FieldManager, readManagers, writeManagers } from './server-side-apply/managers.js';
export {
  type ApplyConflict,
  type ApplyTarget,
  applyConfiguration,
  ownersAfterUpdate,
} from './server-side-apply/ownership.js';
