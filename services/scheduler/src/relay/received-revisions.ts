import type { RevisionRange } from '@everynode/contract';

/** Which revisions the bus has brought: all up to a position, and some beyond. */
export class ReceivedRevisions {
  #position: number;
  /** Ranges after a hole: none of them begins right after the position. */
  #beyond: RevisionRange[] = [];

  constructor(position: number) {
    this.#position = position;
  }

  /** Everything up to this revision was received. */
  get position(): number {
    return this.#position;
  }

  add({ first, last }: RevisionRange): void {
    if (last <= this.#position) return;
    if (first > this.#position + 1) {
      this.#beyond.push({ first, last });
      return;
    }
    this.#position = last;
    // Few ranges are beyond the position at any time, and they arrive nearly in order.
    for (let next = this.#following(); next >= 0; next = this.#following()) {
      const [range] = this.#beyond.splice(next, 1);
      this.#position = Math.max(this.#position, range?.last ?? 0);
    }
  }

  has(revision: number): boolean {
    return revision <= this.#position || this.#beyond.some(({ first, last }) => first <= revision && revision <= last);
  }

  #following(): number {
    return this.#beyond.findIndex(({ first }) => first <= this.#position + 1);
  }
}
