import type { NeededObject } from '@everynode/objects';

/**
 * Asks which of the objects that pods need are not there, by the uid of the pod. A pod that is gone is left out.
 * @throws RequestFailedError and ContractError when the control plane does not answer; asking again later may help.
 */
export type FindMissing = (uids: string[]) => Promise<ReadonlyMap<string, readonly NeededObject[]>>;
