import type { Bus } from '@everynode/bus';
import { parseEvent, streams, subjects } from '@everynode/contract';
import { keyOf } from '@everynode/objects';
import type { Logger } from '@everynode/service-shell';

/**
 * Hears of manifests that were applied and has them looked at. It only says when: what to do is read from the caches,
 * which hear of the same change by themselves, so a manifest that is missed here is not missed.
 * Resolves when the bus is told to stop.
 */
export function followManifests(bus: Bus, log: Logger, lookAt: (key: string) => void): Promise<void> {
  return bus.follow(streams.manifests.name, subjects.allManifests, {
    onReset: () => undefined,
    onMessage: ({ body }) => {
      try {
        const applied = parseEvent('manifest-applied', body);
        if (applied.resource === 'daemonsets.apps') lookAt(keyOf(applied));
      } catch (err) {
        log.warn({ err }, 'a manifest-applied event was not understood');
      }
    },
  });
}
