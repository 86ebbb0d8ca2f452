import type { Pod } from '@everynode/objects';
import type { RoleKind, RolloutRole } from '../assessment/rollout-role.js';

/** The roles of one zone's nodes, by kind. */
export class ZoneRoles {
  readonly #byKind = new Map<RoleKind, Map<string, RolloutRole>>();
  /** Eligible nodes. */
  desired = 0;

  set(node: string, role: RolloutRole): void {
    let nodes = this.#byKind.get(role.kind);
    if (!nodes) {
      nodes = new Map();
      this.#byKind.set(role.kind, nodes);
    }
    nodes.set(node, role);
  }

  delete(node: string, kind: RoleKind): void {
    this.#byKind.get(kind)?.delete(node);
  }

  count(kinds: readonly RoleKind[]): number {
    let sum = 0;
    for (const kind of kinds) sum += this.#byKind.get(kind)?.size ?? 0;
    return sum;
  }

  /** Nodes of a kind, in the order in which they became so. */
  *nodes(kind: RoleKind): Iterable<[node: string, pod: Pod | undefined]> {
    for (const [node, role] of this.#byKind.get(kind) ?? []) yield [node, 'pod' in role ? role.pod : undefined];
  }
}
