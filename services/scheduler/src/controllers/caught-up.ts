import type { SchedulerContext } from '../scheduler-context.js';

/**
 * Resolves when the caches have everything up to `revision`, or when the service stops. A reconcile that waits for its
 * own writes is never followed by one that acts on caches which do not show them (upstream's expectations, by revision
 * instead of by count). Every waiting key listens to `signal`; startScheduler lifts the limit of listeners for that.
 */
export async function caughtUp(
  {
    reflector,
    signal,
  }: Pick<SchedulerContext, 'signal'> & {
    reflector: Pick<SchedulerContext['reflector'], 'revision' | 'waitFor'>;
  },
  revision: number,
): Promise<void> {
  if (reflector.revision >= revision || signal.aborted) return;
  await new Promise<void>((resolve) => {
    const done = (): void => {
      signal.removeEventListener('abort', done);
      resolve();
    };
    signal.addEventListener('abort', done);
    void reflector.waitFor(revision).then(done);
  });
}
