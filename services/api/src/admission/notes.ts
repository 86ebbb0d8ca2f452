/** Headers hold 4,096 characters of warnings, so that more of them than this would reach no client. */
const MAX_WARNINGS = 4096;

/** What admission says about a request: to the client in Warning headers, and to the audit log. */
export class Notes {
  readonly warnings: string[] = [];
  readonly annotations: Record<string, string> = {};
  readonly #warned = new Set<string>();

  warn(text: string): void {
    if (this.#warned.size >= MAX_WARNINGS || this.#warned.has(text)) return;
    this.#warned.add(text);
    this.warnings.push(text);
  }

  /** The first text of a key is kept, as upstream. */
  annotate(key: string, text: string): void {
    this.annotations[key] ??= text;
  }

  /** @param webhook whose answer it is. */
  take(webhook: string, answer: { warnings: readonly string[]; auditAnnotations: Record<string, string> }): void {
    for (const text of answer.warnings) this.warn(text);
    for (const [key, text] of Object.entries(answer.auditAnnotations)) this.annotate(`${webhook}/${key}`, text);
  }
}
