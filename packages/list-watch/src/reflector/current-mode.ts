import { nextMode, type ReflectorEvent, type ReflectorMode, troubleOf } from './reflector-mode.js';

/** The mode that a reflector is in, and the timer that runs while the mode is `hole`. */
export class CurrentMode {
  readonly #onPatienceOver: (after: number) => void;
  #mode: ReflectorMode = { name: 'unlisted' };
  #patience: NodeJS.Timeout | undefined;

  /** `onPatienceOver` is called with the revision before a hole that was not filled in time. */
  constructor(onPatienceOver: (after: number) => void) {
    this.#onPatienceOver = onPatienceOver;
  }

  get name(): ReflectorMode['name'] {
    return this.#mode.name;
  }

  get trouble(): string | undefined {
    return troubleOf(this.#mode);
  }

  move(event: ReflectorEvent): void {
    const before = this.#mode;
    const mode = nextMode(before, event);
    if (mode === before) return;
    this.#mode = mode;
    if (mode.name !== 'hole') clearTimeout(this.#patience);
    else if (before.name !== 'hole' || before.after !== mode.after || before.patienceMs !== mode.patienceMs) {
      clearTimeout(this.#patience);
      this.#patience = setTimeout(this.#onPatienceOver, mode.patienceMs, mode.after);
      this.#patience.unref();
    }
  }
}
