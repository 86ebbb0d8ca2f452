import type { Bus } from '@everynode/bus';
import { parseExchange, subjects } from '@everynode/contract';
import type { NeededObject } from '@everynode/objects';
import type { FindMissing } from '@everynode/pod-runtime/simulated';

const PAGE = 200;
const REQUEST_TIMEOUT_MS = 2000;

/** Asks the control plane what the pods of this agent wait for. */
export function missingObjectsAsked(bus: Pick<Bus, 'request'>, agent: string): FindMissing {
  return async (uids) => {
    const found = new Map<string, readonly NeededObject[]>();
    for (let at = 0; at < uids.length; at += PAGE) {
      const body = JSON.stringify({ uids: uids.slice(at, at + PAGE) });
      const reply = await bus.request(subjects.request(agent, 'find-missing'), body, REQUEST_TIMEOUT_MS);
      for (const { uid, missing } of parseExchange('find-missing', 'reply', reply).pods) found.set(uid, missing);
    }
    return found;
  };
}
