import { ApiError, apiVersionOf, type KubeObject, type ResourceDefinition, timestamp } from '@everynode/objects';
import { type ApplyTarget, type FieldManager, ownersAfterUpdate, readManagers, writeManagers } from '@everynode/patch';
import type { Query } from '../query.js';
import type { Half } from './update.js';

/** managedFields of an object that takes the place of another; undefined for none. */
export type OwnersOf = (
  before: KubeObject | undefined,
  after: KubeObject,
  managedFields: readonly unknown[] | undefined,
) => unknown[] | undefined;

/** Who writes which half of which resource. */
export interface Writing {
  definition: ResourceDefinition;
  half: Half;
  manager: string;
}

const MAX_NAME = 128;
const UNPRINTABLE = /\p{C}/u;

/** The name a client gives itself as a writer: the query's, or the beginning of its user agent. */
export function managerOf(query: Query, userAgent: string | undefined): string {
  const named = query.text('fieldManager');
  if (named === undefined) return (userAgent ?? 'unknown').split('/', 1)[0]?.slice(0, MAX_NAME) || 'unknown';
  if (named.length > MAX_NAME || UNPRINTABLE.test(named)) {
    const fault = `Invalid value: ${JSON.stringify(named)}: must be at most ${MAX_NAME} printable characters`;
    throw new ApiError('Invalid', `PatchOptions.meta.k8s.io "" is invalid: fieldManager: ${fault}`, {
      causes: [{ reason: 'FieldValueInvalid', message: fault, field: 'fieldManager' }],
    });
  }
  return named;
}

export function applyTargetOf({ definition, half }: Omit<Writing, 'manager'>): ApplyTarget {
  const hasStatus = definition.subresources.some(({ name }) => name === 'status');
  return { typeName: definition.schema, half: half === 'status' ? 'status' : 'object', hasStatus };
}

export function fieldManagerOf({ definition, half, manager }: Writing, operation: 'Apply' | 'Update'): FieldManager {
  return {
    manager,
    operation,
    apiVersion: apiVersionOf(definition),
    ...(half !== 'object' && { subresource: half }),
  };
}

/** One empty entry is how a client asks to forget all owners. */
export function isReset(managedFields: readonly unknown[] | undefined): boolean {
  const [only] = managedFields ?? [];
  return managedFields?.length === 1 && typeof only === 'object' && only !== null && Object.keys(only).length === 0;
}

/** The owners after a create, an update, or a patch that is no apply. */
export function ownersOfUpdate(writing: Writing): OwnersOf {
  return (before, after, managedFields) => {
    // Kinds that are stored in another version have paths of their own there: nobody owns them.
    if (writing.definition.convert) return undefined;
    if (isReset(managedFields)) return undefined;
    const by = fieldManagerOf(writing, 'Update');
    const known = readManagers(managedFields);
    const now = timestamp(Date.now());
    const owners = ownersAfterUpdate(applyTargetOf(writing), before, after, known, by, now);
    return owners.length > 0 ? writeManagers(owners) : undefined;
  };
}
