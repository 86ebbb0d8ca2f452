/**
 * Which of our values corresponds to which recorded one. Values that a server makes (uids, versions, generated names,
 * tokens) differ, and later requests use them. Versions are kept apart: they are small numbers, which mean other things
 * elsewhere.
 */
export class Bindings {
  /**
   * Our values by recorded ones: only values that are unmistakable, so that they can be replaced anywhere in a text.
   */
  readonly #values = new Map<string, string>();
  readonly #taken = new Map<string, string>();
  readonly #versions = new Map<string, string>();

  /** Binds an unmistakable value. The first binding stays: another pair is a difference. */
  bind(recorded: string, ours: string): void {
    if (recorded === ours || this.#values.has(recorded) || this.#taken.has(ours)) return;
    this.#values.set(recorded, ours);
    this.#taken.set(ours, recorded);
  }

  /** Binds a version. The last binding replaces earlier ones: versions repeat in lists of other revisions. */
  bindVersion(recorded: string, ours: string): void {
    this.#versions.set(recorded, ours);
  }

  version(recorded: string): string {
    return this.#versions.get(recorded) ?? recorded;
  }

  isBound(recorded: string): boolean {
    return this.#values.has(recorded);
  }

  /** Replaces the recorded values in a text by ours. */
  translate(text: string): string {
    if (this.#values.size === 0) return text;
    const whole = this.#values.get(text);
    if (whole !== undefined) return whole;
    let translated = text;
    // The longest first: one name may be the beginning of another.
    for (const recorded of this.#longestFirst()) {
      if (translated.includes(recorded)) translated = translated.replaceAll(recorded, this.#values.get(recorded) ?? '');
    }
    return translated;
  }

  #order: string[] | undefined;
  #longestFirst(): string[] {
    if (this.#order?.length !== this.#values.size) {
      this.#order = [...this.#values.keys()].sort((a, b) => b.length - a.length);
    }
    return this.#order;
  }
}
