import type { ContainerRun, ObservedExit } from '@everynode/kubelet';
import { HostedRun } from '@everynode/pod-runtime';

/** A run of a container that lives. */
export interface LiveContainer {
  /** In the engine. */
  id: string;
  instance: number;
  /** What it was held to last. */
  resources: ContainerRun['resources'];
  /** The signal that its image asks for to be stopped with. */
  stopSignal: string | undefined;
  /** When it is killed, in ms, monotonic; infinite while it is not to stop. */
  killMs: number;
  /** Says that it has ended. */
  exited: (exit: ObservedExit) => void;
}

/** A pod whose containers are those of a Docker Engine. */
export class DockerRun extends HostedRun {
  /** The containers that run, by name. */
  readonly live = new Map<string, LiveContainer>();
  /** Ids in the engine: by name, of each run of a container that is kept. */
  readonly ids = new Map<string, Map<number, string>>();
  /** The container that holds the network of the pod. */
  sandboxId: string | undefined;
  /** That container has ended, and what runs still is being killed: then all begins anew. */
  isSandboxLost = false;
  #turn: Promise<unknown> = Promise.resolve();

  /** What is made for the pod is not removed at the same time. */
  inTurn<Result>(work: () => Promise<Result>): Promise<Result> {
    const own = this.#turn.then(work);
    this.#turn = own.catch(() => undefined);
    return own;
  }

  idOf(container: string, instance: number): string | undefined {
    return this.ids.get(container)?.get(instance);
  }

  remember(container: string, instance: number, id: string): void {
    const own = this.ids.get(container) ?? new Map<number, string>();
    this.ids.set(container, own.set(instance, id));
  }
}
