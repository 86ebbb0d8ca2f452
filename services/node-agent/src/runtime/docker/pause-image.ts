import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { Readable } from 'node:stream';
import { pack } from 'tar-stream';
import type { Engine } from './engine.js';

const REPO = 'everynode/pause';
const PROGRAM = 'pause';

/**
 * The image of the containers that hold the networks of pods. It has one program, the shim of this agent, which must be
 * one without shared libraries: nothing is pulled for it.
 */
export class PauseImage {
  readonly #engine: Engine;
  readonly #program: Buffer;
  readonly #tag: string;
  #making: Promise<string> | undefined;

  constructor(engine: Engine, shim: string) {
    this.#engine = engine;
    this.#program = readFileSync(shim);
    this.#tag = createHash('sha256').update(this.#program).digest('hex').slice(0, 12);
  }

  /** Resolves to the name of the image, when the engine has it. */
  ensure(): Promise<string> {
    this.#making ??= this.#ensure().finally(() => {
      this.#making = undefined;
    });
    return this.#making;
  }

  async #ensure(): Promise<string> {
    const name = `${REPO}:${this.#tag}`;
    if (await this.#engine.image(name)) return name;
    const files = pack();
    files.entry({ name: PROGRAM, mode: 0o755 }, this.#program);
    files.finalize();
    const entrypoint = JSON.stringify([`/${PROGRAM}`, 'pause']);
    await this.#engine.importImage(Readable.from(files), {
      repo: REPO,
      tag: this.#tag,
      changes: [`ENTRYPOINT ${entrypoint}`],
    });
    return name;
  }
}
