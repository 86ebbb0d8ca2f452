import { isOver } from '@everynode/kubelet';
import type { PodSpec } from '@everynode/objects';
import type { HostedRun } from './hosted-run.js';

/** The runs of each node: what a node admits depends on what it runs. */
export class RunsByNode<Run extends HostedRun> {
  readonly #runs = new Map<string, Set<Run>>();

  add(run: Run): void {
    const runs = this.#runs.get(run.node.name);
    if (runs) runs.add(run);
    else this.#runs.set(run.node.name, new Set([run]));
  }

  delete(run: Run): void {
    const runs = this.#runs.get(run.node.name);
    runs?.delete(run);
    if (runs?.size === 0) this.#runs.delete(run.node.name);
  }

  clear(): void {
    this.#runs.clear();
  }

  on(node: string): Iterable<Run> {
    return this.#runs.get(node) ?? [];
  }

  /** The specs of the pods that are active on the node. Those that have ended use nothing of it any more. */
  activeOn(node: string): PodSpec[] {
    const specs: PodSpec[] = [];
    for (const run of this.on(node)) if (!isOver(run)) specs.push(run.pod.spec);
    return specs;
  }
}
