import type { PodSpec } from '@everynode/objects';
import type { SimulatedRun } from './simulated-run.js';
import type { Step } from './stages.js';

/** Steps of pods that use nothing of their node any more. */
const OVER: ReadonlySet<Step | 'stopping'> = new Set(['finished', 'init-failed', 'rejected', 'expired']);

/** The runs of each node: what a node admits depends on what it runs. */
export class RunsByNode {
  readonly #runs = new Map<string, Set<SimulatedRun>>();

  add(run: SimulatedRun): void {
    const runs = this.#runs.get(run.node.name);
    if (runs) runs.add(run);
    else this.#runs.set(run.node.name, new Set([run]));
  }

  delete(run: SimulatedRun): void {
    const runs = this.#runs.get(run.node.name);
    runs?.delete(run);
    if (runs?.size === 0) this.#runs.delete(run.node.name);
  }

  clear(): void {
    this.#runs.clear();
  }

  /** The specs of the pods that are active on the node. */
  activeOn(node: string): PodSpec[] {
    const specs: PodSpec[] = [];
    for (const { step, pod } of this.#runs.get(node) ?? []) if (!OVER.has(step)) specs.push(pod.spec);
    return specs;
  }
}

export const isOver = ({ step }: SimulatedRun): boolean => OVER.has(step);
