import type { Engine } from './engine.js';
import type { EngineContainer } from './engine-objects.js';
import { nodeLabels, readLabels } from './labels.js';
import { isUnbegun, logTailOf } from './observed-exit.js';

/** A container of a node that an earlier process has left, by its labels. */
export interface FoundContainer {
  uid: string;
  /** Undefined for the sandbox of a pod. */
  container?: string;
  instance: number;
  state: EngineContainer;
  /** What the end of its log says, where it has failed. */
  logTail: string;
}

/**
 * Finds the containers of a node in the engine. Those that were created, and of which no start has come to its end, are
 * removed: that start was cut off. @throws what {@link Engine} throws.
 */
export async function findContainers(engine: Engine, node: string): Promise<FoundContainer[]> {
  const listed = await engine.list(nodeLabels(node));
  const found = await Promise.all(listed.map(({ Id }) => engine.find(Id)));
  const begun: FoundContainer[] = [];
  for (const state of found) {
    if (!state) continue;
    if (isUnbegun(state)) await engine.remove(state.Id);
    else begun.push({ ...readLabels(state.Config.Labels ?? {}), state, logTail: await logTailOf(engine, state) });
  }
  return begun;
}
