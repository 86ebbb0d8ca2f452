import type { ObservedExit } from '@everynode/kubelet';

/** A run of a simulated container. */
export interface LiveContainer {
  /** When it received the first signal; undefined before. Ms, monotonic. */
  signalledMs: number | undefined;
  /** When it is going to end by a signal. */
  endsMs: number;
  end: (exit: ObservedExit) => void;
}
