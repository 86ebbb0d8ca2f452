import type { LogLine } from '@everynode/container-streams';

/** Parts of one line are put together up to so many characters: a line may be as long as a log. */
const MAX_LINE = 1 << 20;

/**
 * Puts lines together that a log has in parts, those of each output by themselves. A line has the time of its first
 * part, as in cri-client/pkg/logs.
 */
export class LineParts {
  readonly #begun = new Map<LogLine['stream'], LogLine>();

  /** Takes the next line of a log, or a part of one. Returns the line that it ends; undefined where it goes on. */
  add(next: LogLine, isPart: boolean): LogLine | undefined {
    const begun = this.#begun.get(next.stream);
    const line = begun ? { ...begun, text: begun.text + next.text } : next;
    if (isPart && line.text.length < MAX_LINE) {
      this.#begun.set(line.stream, line);
      return undefined;
    }
    this.#begun.delete(line.stream);
    return line;
  }

  /** Lines whose end has not come. */
  rest(): Iterable<LogLine> {
    return this.#begun.values();
  }
}
