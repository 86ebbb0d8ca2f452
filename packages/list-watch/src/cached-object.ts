import type { KubeObject, ObjectMeta, ObjectRecord } from '@everynode/objects';

/** apiVersion and kind of a stored resource. */
export interface KindName {
  apiVersion: string;
  kind: string;
}

/** Text of a part and, once somebody asked, its value. Versions of an object share the parts that did not change. */
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

/**
 * One version of an object in a cache. It never changes, and nobody may change what it hands out. Parts are parsed when
 * they are first looked at: a service that joins text never pays for parsing, and a status update parses no spec.
 */
export class CachedObject {
  readonly #kind: KindName;
  readonly #metadata: Part;
  readonly #desired: Part;
  readonly #observed: Part | null;
  #object: KubeObject | undefined;

  constructor(
    readonly record: ObjectRecord,
    kind: KindName,
    previous?: CachedObject,
  ) {
    this.#kind = kind;
    const reuse = (part: Part | null, text: string): Part => (part?.text === text ? part : new Part(text));
    this.#metadata = reuse(previous ? previous.#metadata : null, record.metadata);
    this.#desired = reuse(previous ? previous.#desired : null, record.desired);
    this.#observed = record.observed === null ? null : reuse(previous ? previous.#observed : null, record.observed);
  }

  /** Metadata without `resourceVersion`. */
  get metadata(): Readonly<ObjectMeta> {
    return this.#metadata.value as ObjectMeta;
  }

  /** The top-level fields beside metadata and status: `{spec}`, `{data}`. */
  get desired(): Readonly<Record<string, unknown>> {
    return this.#desired.value as Record<string, unknown>;
  }

  get status(): unknown {
    return this.#observed?.value;
  }

  /** The whole object. Put together on first use; its parts are shared with other versions, so treat it as frozen. */
  get object(): KubeObject {
    if (!this.#object) {
      const metadata: ObjectMeta = { ...this.metadata, resourceVersion: String(this.record.revision) };
      this.#object = { ...this.#kind, metadata, ...this.desired };
      if (this.#observed) this.#object.status = this.#observed.value;
    }
    return this.#object;
  }
}
