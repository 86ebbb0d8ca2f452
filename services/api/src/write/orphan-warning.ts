import type { ResourceDefinition } from '@everynode/objects';
import type { DeleteOptions } from './delete-options.js';

const WARNING =
  'child pods are preserved by default when jobs are deleted; set propagationPolicy=Background to remove them or ' +
  'set propagationPolicy=Orphan to suppress this warning';

/** Who deletes a Job without saying what becomes of its pods is told. Source: registry/batch/job/storage, Delete. */
export function orphanWarnings({ storage }: ResourceDefinition, options: DeleteOptions): string[] {
  const says = options.propagationPolicy !== undefined || options.orphanDependents !== undefined;
  return storage === 'jobs.batch' && !says ? [WARNING] : [];
}
