import { ApiError } from '@everynode/objects';
import type { ApplyConflict } from '@everynode/patch';

/**
 * The error of an apply that would change fields of other managers. It names managers and fields.
 * Source: apimachinery managedfields/internal/conflict.go.
 */
export function conflictError(conflicts: ApplyConflict[]): ApiError {
  const owner = ({ by }: ApplyConflict): string => {
    const on = by.subresource ? ` with subresource ${JSON.stringify(by.subresource)}` : '';
    return `${JSON.stringify(by.manager)}${on}${by.operation === 'Update' ? ` using ${by.apiVersion}` : ''}`;
  };
  const [first] = conflicts;
  const byOwner = new Map<string, string[]>();
  for (const conflict of conflicts) {
    const paths = byOwner.get(owner(conflict));
    if (paths) paths.push(conflict.path);
    else byOwner.set(owner(conflict), [conflict.path]);
  }
  const message =
    conflicts.length === 1 && first
      ? `Apply failed with 1 conflict: conflict with ${owner(first)}: ${first.path}`
      : `Apply failed with ${conflicts.length} conflicts: ${[...byOwner.keys()]
          .sort()
          .flatMap((one) => [`conflicts with ${one}:`, ...(byOwner.get(one) ?? []).map((path) => `- ${path}`)])
          .join('\n')}`;
  const causes = conflicts.map((conflict) => ({
    reason: 'FieldManagerConflict' as const,
    message: `conflict with ${owner(conflict)}`,
    field: conflict.path,
  }));
  // Upstream's error has no other details of the object.
  return new ApiError('Conflict', message, { causes });
}
