/**
 * Which of our values stands for which of the recording: what a server makes (uids, versions, generated names, tokens)
 * differs, and later requests use it. A value is known by its kind, since versions are small numbers that mean other
 * things elsewhere.
 */
export class Bindings {
  /** Recorded value to ours. Unmistakable values, to be replaced wherever they stand in a text. */
  readonly #values = new Map<string, string>();
  readonly #taken = new Map<string, string>();
  readonly #versions = new Map<string, string>();

  /** Notes a pair of unmistakable values. The first pair stands: another one is a difference. */
  bind(recorded: string, ours: string): void {
    if (recorded === ours || this.#values.has(recorded) || this.#taken.has(ours)) return;
    this.#values.set(recorded, ours);
    this.#taken.set(ours, recorded);
  }

  /** Versions: the last pair stands, as a version is met again in lists of other moments. */
  bindVersion(recorded: string, ours: string): void {
    this.#versions.set(recorded, ours);
  }

  version(recorded: string): string {
    return this.#versions.get(recorded) ?? recorded;
  }

  isBound(recorded: string): boolean {
    return this.#values.has(recorded);
  }

  /** A text of the recording with our values in the place of its own. */
  translate(text: string): string {
    if (this.#values.size === 0) return text;
    const whole = this.#values.get(text);
    if (whole !== undefined) return whole;
    let translated = text;
    // The longest first: a name may begin like another.
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
