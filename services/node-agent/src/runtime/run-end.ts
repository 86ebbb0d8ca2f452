import type { ObservedExit } from '@everynode/kubelet';
import { type Container, timestamp } from '@everynode/objects';
import { terminationMessage } from '../state/termination-message.js';
import { messageFile } from './run-files.js';

/** The exit code of what SIGKILL has ended. */
export const KILLED = 137;

/** A time of the machine as the API shows it: in seconds. */
export const inSeconds = (time: string): string => timestamp(Date.parse(time));

/** A run that has ended. */
interface EndedRun {
  code: number;
  /** Whether the kernel has killed something of it because its memory was used up. */
  isOutOfMemory: boolean;
  finishedAt: string;
  /** The folder of the run. */
  folder: string;
  spec: Pick<Container, 'terminationMessagePolicy'>;
  /** What the end of its log says. */
  lastOfLog: () => string;
}

/** What a container has ended with, and what it says of that. */
export function endOfRun({ code, isOutOfMemory, finishedAt, folder, spec, lastOfLog }: EndedRun): ObservedExit {
  const policy = spec.terminationMessagePolicy;
  const message = terminationMessage({ file: messageFile(folder), lastOfLog, policy, code });
  return {
    code,
    ...(isOutOfMemory && code === KILLED && { reason: 'OOMKilled' }),
    ...(message !== undefined && { message }),
    finishedAt: inSeconds(finishedAt),
  };
}
