import type { WatchSink } from './watch-sink.js';

/** Resolves when the sink has room again, or is closed. Calls `onStall` when neither happens for `stallMs`. */
export function untilDrained(sink: WatchSink, stallMs: number, onStall: () => void): Promise<void> {
  if (sink.isOver) return Promise.resolve();
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      offDrain();
      offClose();
      resolve();
    };
    const timer = setTimeout(onStall, stallMs);
    timer.unref();
    const offDrain = sink.onDrain(done);
    const offClose = sink.onClose(done);
  });
}
