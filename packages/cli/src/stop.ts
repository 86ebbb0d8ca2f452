import {
  ControlClient,
  holderOf,
  NotRunningError,
  type StatePaths,
  stopLeftovers,
  waitUntil,
} from '@everynode/local-stack';

const STOP_DEADLINE_MS = 90_000;

/**
 * Stops the stack of a state directory and waits for its end. Cleans up after one that was killed.
 * Returns whether there was one.
 */
export async function stopStack(paths: StatePaths): Promise<boolean> {
  const holder = await holderOf(paths.run);
  if (holder !== undefined) {
    try {
      await new ControlClient(paths.run).requestStop();
    } catch (error) {
      if (!(error instanceof NotRunningError)) throw error;
      // It is so young that it does not listen yet, or so busy that it has stopped listening.
      process.kill(holder, 'SIGTERM');
    }
    await waitUntil(async () => (await holderOf(paths.run)) === undefined, {
      what: `the supervisor (process ${holder}) to end`,
      deadlineMs: STOP_DEADLINE_MS,
      everyMs: 50,
    });
  }
  await stopLeftovers(paths);
  return holder !== undefined;
}
