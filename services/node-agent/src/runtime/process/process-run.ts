import type { ContainerSpec } from '@everynode/container-shim';
import type { ResourceRequirements } from '@everynode/objects';
import { HostedRun } from '@everynode/pod-runtime';

/** A run of a container that lives. */
export interface LiveProcess {
  /** The folder of the run. */
  folder: string;
  instance: number;
  /** What commands beside it run with; undefined for a run that an earlier process has started, before it was asked. */
  process: ContainerSpec | undefined;
  /** What it is held to; undefined for a run that an earlier process has started, before that was set again. */
  resources: ResourceRequirements | undefined;
  /** Ends the wait for its end. */
  unfollow: () => void;
  /** When it is killed, in ms, monotonic; infinite while it is not to stop. */
  killMs: number;
}

/** A pod whose containers are processes of this machine. */
export class ProcessRun extends HostedRun {
  /** The containers that run, by name. */
  readonly live = new Map<string, LiveProcess>();
}
