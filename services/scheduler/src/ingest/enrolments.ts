import { coversNodeName } from '@everynode/objects';
import { readIfPresent } from '@everynode/service-shell/private-files';
import type { Store } from '@everynode/store';
import { type Static, Type } from 'typebox';
import { Value } from 'typebox/value';

/** The file of agents that do not join by a request: those of the machine that is the authority of the bus itself. */
const EnrolmentFile = Type.Record(Type.String(), Type.Array(Type.String()));

interface EnrolmentOptions {
  store: Pick<Store, 'enrolmentOf'>;
  /** Path of the file; empty for none. */
  file: string;
}

/**
 * Which nodes an agent may register: those that it was enrolled for when it joined, and those that a file gives it. It
 * is read at each question, so an enrolment that has ended counts no more. A file that is not there names no agent.
 */
export class Enrolments {
  readonly #options: EnrolmentOptions;

  constructor(options: EnrolmentOptions) {
    this.#options = options;
  }

  /** Returns whether the agent may register a node. @throws what the store throws, and for a file that is none. */
  async of(agent: string): Promise<(node: string) => boolean> {
    const { store } = this.#options;
    const [stored = [], { [agent]: given = [] }] = await Promise.all([store.enrolmentOf(agent), this.#file()]);
    const patterns = [...stored, ...given];
    return (node) => patterns.length > 0 && coversNodeName(patterns, node);
  }

  async #file(): Promise<Static<typeof EnrolmentFile>> {
    const { file } = this.#options;
    const text = file === '' ? undefined : await readIfPresent(file);
    return text === undefined ? {} : Value.Parse(EnrolmentFile, JSON.parse(text));
  }
}
