/** How often it is checked whether the parent is gone, in ms. */
const PARENT_CHECK_MS = 1000;

/**
 * Aborts when the bench is to end: by Ctrl-C, SIGTERM, a terminal that closes, or a parent that is gone (npm, killed
 * outright, cannot pass that on). Clusters are stopped in order then; a second Ctrl-C ends the process at once, and the
 * clusters end by themselves.
 */
export function interruption(): AbortSignal {
  const controller = new AbortController();
  const stop = (why: string): void => {
    if (controller.signal.aborted) return;
    process.stdout.write(`\nStopping (${why}).\n`);
    process.exitCode = 1;
    controller.abort(new Error(why));
  };
  let interrupts = 0;
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => {
      interrupts += 1;
      // npm and the terminal both send the first one.
      if (signal === 'SIGINT' && interrupts > 2) process.exit(130);
      stop(signal);
    });
  }
  // The reader of the output may be gone.
  process.stdout.on('error', () => undefined);
  process.stderr.on('error', () => undefined);
  const parent = process.ppid;
  setInterval(() => {
    if (process.ppid !== parent) stop('the parent process is gone');
  }, PARENT_CHECK_MS).unref();
  return controller.signal;
}
