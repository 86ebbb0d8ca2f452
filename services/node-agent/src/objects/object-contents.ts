import type { Bus } from '@everynode/bus';
import { type FetchObjectsReply, type FetchObjectsRequest, parseExchange, subjects } from '@everynode/contract';
import type { ObjectContent } from '@everynode/kubelet';
import type { NeededObject } from '@everynode/objects';

type Asked = FetchObjectsRequest['objects'][number];
type Answer = FetchObjectsReply['objects'][number];

const PAGE = 100;
const REQUEST_TIMEOUT_MS = 2000;

/** An object that a pod names: what was read last. Without content it does not exist. */
export interface ReadObject {
  kind: NeededObject['kind'];
  name: string;
  revision: number | undefined;
  content: ObjectContent | undefined;
}

/** An object to be read for a pod, and what is known of it. */
interface WantedObject extends NeededObject {
  uid: string;
  known: ReadObject | undefined;
}

/** Reads objects for pods; the answers stand in the order of what is wanted. */
export type FetchContents = (wanted: readonly WantedObject[]) => Promise<ReadObject[]>;

/**
 * Asks the control plane for what is in the objects that pods of this agent name. What has not changed is not sent, and
 * what is too long for one message comes in parts.
 * @throws RequestFailedError and ContractError when the control plane does not answer; asking again later may help.
 */
export function contentsAsked(bus: Pick<Bus, 'request'>, agent: string): FetchContents {
  const ask = async (objects: Asked[]): Promise<Answer[]> => {
    const body = JSON.stringify({ objects } satisfies FetchObjectsRequest);
    const reply = await bus.request(subjects.request(agent, 'fetch-objects'), body, REQUEST_TIMEOUT_MS);
    return parseExchange('fetch-objects', 'reply', reply).objects;
  };
  return async (wanted) => {
    const read: ReadObject[] = [];
    while (read.length < wanted.length) {
      const page = wanted.slice(read.length, read.length + PAGE);
      const answers = await ask(page.map(({ uid, kind, name, known }) => askedFor(uid, kind, name, known?.revision)));
      if (answers.length === 0) throw new Error('fetch-objects reply: it answers nothing');
      for (const [i, answer] of answers.entries()) {
        const one = page[i];
        if (one) read.push(await whole(one, answer, ask));
      }
    }
    return read;
  };
}

const askedFor = (uid: string, kind: Asked['kind'], name: string, known: number | undefined): Asked => ({
  uid,
  kind,
  name,
  ...(known !== undefined && { known }),
});

/** The object of an answer, after all parts of it were asked for. */
async function whole(
  { uid, kind, name, known }: WantedObject,
  first: Answer,
  ask: (objects: Asked[]) => Promise<Answer[]>,
): Promise<ReadObject> {
  let answer: Answer | undefined = first;
  let text = '';
  for (;;) {
    const { revision, from = 0, size = 0 } = answer;
    if (revision === undefined) return { kind, name, revision, content: undefined };
    if (answer.text === undefined) {
      if (known?.revision !== revision) throw new Error('fetch-objects reply: an object without its content');
      return known;
    }
    text = text.slice(0, from) + answer.text;
    if (text.length >= size) return { kind, name, revision, content: JSON.parse(text) as ObjectContent };
    [answer] = await ask([{ uid, kind, name, from: text.length, of: revision }]);
    if (!answer) throw new Error('fetch-objects reply: it answers nothing');
  }
}
