import type { ContainerRun } from '../pod/container-run.js';
import type { ProbeWorker } from '../probes/probe-worker.js';

/** What is to be done for a pod. An answer to it is one of the functions of `answers/`. */
export type Effect =
  /** Addresses and volumes. Answer: sandboxMade. */
  | { kind: 'make-sandbox' }
  /** Nothing runs in it. Answer: sandboxRemoved. */
  | { kind: 'remove-sandbox' }
  /** Is the image on this machine? Answer: imageChecked. */
  | { kind: 'check-image'; container: ContainerRun }
  /** Answer: imagePulled. */
  | { kind: 'pull-image'; container: ContainerRun }
  /** Creates and starts the run with this number. Answer: containerStarted or startFailed; later containerExited. */
  | { kind: 'start'; container: ContainerRun; instance: number }
  /** Answer: hookEnded. A stop hook that takes longer is not waited for. */
  | { kind: 'run-hook'; container: ContainerRun; hook: 'postStart' | 'preStop'; timeoutMs: number | undefined }
  /** Answer: probeTried. */
  | { kind: 'probe'; container: ContainerRun; worker: ProbeWorker }
  /** Sends the signal, and kills what runs after `graceMs`; a later one only brings the kill forward. */
  | { kind: 'stop'; container: ContainerRun; signal: string; graceMs: number };
