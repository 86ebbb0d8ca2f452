import type { KubeObject, ObjectRecord, StoredMeta } from '@everynode/objects';
import { sharedLabels } from './shared-labels.js';

/** apiVersion and kind of a stored resource. */
export interface KindName {
  apiVersion: string;
  kind: string;
  /**
   * True for a service that passes objects on as text and seldom reads their fields: parsed values are then not kept. A
   * parsed pod takes about five times the memory of its text.
   */
  forgetsParsed?: boolean;
}

/** The top-level fields beside metadata and status. */
export type Desired<T extends KubeObject> = Omit<T, 'apiVersion' | 'kind' | 'metadata' | 'status'>;

/** Text of a part and, after the first access, its value. Versions of an object share the parts that did not change. */
class Part {
  #value: unknown;
  #parsed = false;
  constructor(readonly text: string) {}

  get value(): unknown {
    if (!this.#parsed) {
      this.#value = JSON.parse(this.text);
      this.#parsed = true;
    }
    return this.#value;
  }
}

const UNKNOWN = Symbol('labels that are not read yet');

/**
 * One version of an object in a cache. It never changes, and the values that it returns must not be changed. A part is
 * parsed on first access: a service that joins text never pays for parsing, and a status update parses no spec.
 */
export class CachedObject<T extends KubeObject = KubeObject> {
  readonly #kind: KindName;
  readonly #metadata: Part | undefined;
  readonly #desired: Part | undefined;
  readonly #observed: Part | undefined;
  #labels: Readonly<Record<string, string>> | undefined | typeof UNKNOWN = UNKNOWN;
  #object: T | undefined;
  /** A place for a value that a service derives from this version, so that it derives it once. */
  derived: unknown;

  constructor(
    readonly record: ObjectRecord,
    kind: KindName,
    previous?: CachedObject<T>,
  ) {
    this.#kind = kind;
    if (previous && previous.record.metadata === record.metadata) this.#labels = previous.#labels;
    if (kind.forgetsParsed) return;
    const reuse = (part: Part | undefined, text: string): Part => (part?.text === text ? part : new Part(text));
    this.#metadata = reuse(previous ? previous.#metadata : undefined, record.metadata);
    this.#desired = reuse(previous ? previous.#desired : undefined, record.desired);
    if (record.observed !== null) {
      this.#observed = reuse(previous ? previous.#observed : undefined, record.observed);
    }
  }

  /** The same content at another revision. */
  at(revision: number): CachedObject<T> {
    return new CachedObject<T>({ ...this.record, revision }, this.#kind, this);
  }

  /** Metadata without `resourceVersion`. */
  get metadata(): Readonly<T['metadata']> {
    return (this.#metadata ? this.#metadata.value : JSON.parse(this.record.metadata)) as T['metadata'];
  }

  /** They are kept in any case, because selectors read them for every change. */
  get labels(): Readonly<Record<string, string>> | undefined {
    if (this.#labels === UNKNOWN) {
      const { labels } = this.metadata;
      this.#labels = this.#kind.forgetsParsed && labels ? sharedLabels(labels) : labels;
    }
    return this.#labels as Readonly<Record<string, string>> | undefined;
  }

  /** The top-level fields beside metadata and status: `{spec}`, `{data}`. */
  get desired(): Readonly<Desired<T>> {
    return (this.#desired ? this.#desired.value : JSON.parse(this.record.desired)) as Desired<T>;
  }

  get status(): T['status'] {
    if (this.#observed) return this.#observed.value as T['status'];
    return this.record.observed === null ? undefined : (JSON.parse(this.record.observed) as T['status']);
  }

  /** The whole object. Put together on first use; its parts are shared with other versions, so treat it as frozen. */
  get object(): T {
    if (this.#object) return this.#object;
    const { apiVersion, kind, forgetsParsed } = this.#kind;
    const stored = this.metadata as StoredMeta;
    const { revision } = this.record;
    // The object that a dry run would create has no revision.
    const metadata = revision === 0 ? stored : { ...stored, resourceVersion: String(revision) };
    const whole: KubeObject = { apiVersion, kind, metadata, ...this.desired };
    const { status } = this;
    if (status !== undefined) whole.status = status;
    // The resource of a cache decides the kind of everything in it.
    const object = whole as T;
    if (!forgetsParsed) this.#object = object;
    return object;
  }
}
