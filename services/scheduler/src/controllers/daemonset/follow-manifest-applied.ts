import type { Bus } from '@everynode/bus';
import { parseEvent, streams, subjects } from '@everynode/contract';
import { keyOf } from '@everynode/objects';
import type { Logger } from '@everynode/service-shell';

/**
 * Queues each DaemonSet whose manifest was applied. The event only says when: what to do is read from the caches, which
 * receive the same change by themselves, so an event that is lost does no harm. Resolves when the bus is stopped.
 */
export function followManifestApplied(bus: Bus, log: Logger, enqueue: (key: string) => void): Promise<void> {
  return bus.follow(streams.manifests.name, subjects.allManifests, {
    onReset: () => undefined,
    onMessage: ({ body }) => {
      try {
        const applied = parseEvent('manifest-applied', body);
        if (applied.resource === 'daemonsets.apps') enqueue(keyOf(applied));
      } catch (err) {
        log.warn({ err }, 'a manifest-applied event cannot be read');
      }
    },
  });
}
