import type { EphemeralContainerHook, ResizeHook } from '../pod-change.js';
import { containerRestarted, containerStarted } from '../pod-moments.js';
import { SIGTERM_EXIT } from './plan-stop.js';

/** Changes of simulated pods take effect at once. `now` returns RFC 3339. */
export function immediateChanges(now: () => string): ResizeHook & EphemeralContainerHook {
  return {
    resizeContainer: (run, container, resources, restart) => {
      container.resources = resources;
      if (restart && container.startedAt !== undefined) containerRestarted(run, container, SIGTERM_EXIT, now());
    },
    startEphemeral: (run, container) => containerStarted(run, container, now()),
  };
}
