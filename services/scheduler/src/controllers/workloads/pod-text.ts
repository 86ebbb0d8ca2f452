import { randomUUID } from 'node:crypto';
import { type KubeObject, type StoredParts, splitObject, trustedMetadata } from '@everynode/objects';

/** What differs between the pods of one owner, template and time. */
interface PodNames {
  name: string;
  node: string;
  uid: string;
}

const GAPS = ['name', 'node', 'uid'] as const;

/** Text at even indexes, and at odd ones the gap that follows it. */
type Pieces = string[];

/**
 * The parts of a pod as text with gaps. A pod of 3 kB is encoded once for all nodes and not once for each: encoding is
 * most of what the creation of a pod costs.
 */
export class PodText {
  readonly #metadata: Pieces;
  readonly #desired: Pieces;
  readonly #observed: Pieces | undefined;

  /** `podFor` returns the pod of these names; it may put them anywhere, and must not look at them. */
  constructor(podFor: (names: PodNames) => KubeObject) {
    // Random marks, which no text of a manifest contains.
    const marks: PodNames = { name: randomUUID(), node: randomUUID(), uid: randomUUID() };
    const atMarks = new RegExp(`(${GAPS.map((gap) => marks[gap]).join('|')})`);
    const piecesOf = (text: string): Pieces =>
      text.split(atMarks).map((piece, i) => (i % 2 === 0 ? piece : (GAPS.find((gap) => marks[gap] === piece) ?? '')));
    const { metadata, desired, observed } = splitObject(podFor(marks));
    this.#metadata = piecesOf(metadata);
    this.#desired = piecesOf(desired);
    this.#observed = observed === null ? undefined : piecesOf(observed);
  }

  fill({ name, node, uid }: PodNames): StoredParts {
    const escaped: PodNames = { name: inside(name), node: inside(node), uid: inside(uid) };
    const filled = (pieces: Pieces): string =>
      pieces.map((piece, i) => (i % 2 === 0 ? piece : escaped[piece as keyof PodNames])).join('');
    return {
      metadata: trustedMetadata(filled(this.#metadata)),
      desired: filled(this.#desired),
      observed: this.#observed ? filled(this.#observed) : null,
    };
  }
}

/** Returns text as it stands in JSON between quotes. */
const inside = (text: string): string => JSON.stringify(text).slice(1, -1);
