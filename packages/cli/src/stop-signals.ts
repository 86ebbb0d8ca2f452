const STOP_SIGNALS = ['SIGINT', 'SIGTERM'] as const;

/** Aborts at the first signal to stop. It leaves no listener then: what runs in this process later heeds its own. */
export function stoppedBySignal(): AbortController {
  const stopping = new AbortController();
  const stop = () => {
    for (const name of STOP_SIGNALS) process.off(name, stop);
    stopping.abort();
  };
  for (const name of STOP_SIGNALS) process.on(name, stop);
  return stopping;
}

/** Whether something in this process heeds signals to stop. */
export const heedsStopSignals = (): boolean => STOP_SIGNALS.some((name) => process.listenerCount(name) > 0);
