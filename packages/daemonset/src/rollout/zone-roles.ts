import type { Pod } from '@everynode/objects';
import type { RolloutPart } from '../assessment/assessment.js';

type PartKind = RolloutPart['kind'];

/** What nodes of one zone do in a rollout, by kind. */
export class RolloutParts {
  readonly #parts = new Map<PartKind, Map<string, RolloutPart>>();
  /** Eligible nodes. */
  desired = 0;

  set(node: string, part: RolloutPart): void {
    let parts = this.#parts.get(part.kind);
    if (!parts) {
      parts = new Map();
      this.#parts.set(part.kind, parts);
    }
    parts.set(node, part);
  }

  delete(node: string, kind: PartKind): void {
    this.#parts.get(kind)?.delete(node);
  }

  count(kinds: readonly PartKind[]): number {
    let sum = 0;
    for (const kind of kinds) sum += this.#parts.get(kind)?.size ?? 0;
    return sum;
  }

  /** Nodes of a kind, those that became so first at the front. */
  *nodes(kind: PartKind): Iterable<[node: string, pod: Pod | undefined]> {
    for (const [node, part] of this.#parts.get(kind) ?? []) yield [node, 'pod' in part ? part.pod : undefined];
  }
}
