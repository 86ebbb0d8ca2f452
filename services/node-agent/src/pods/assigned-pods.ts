import type { Bus } from '@everynode/bus';
import { ContractError, type ListPodsReply, parseExchange, subjects } from '@everynode/contract';
import { type AssignedPod, isAssignedPod } from '@everynode/kubelet';
import type { Logger } from '@everynode/service-shell';

const LIST_PAGE = 1000;
const FETCH_PAGE = 200;
const REQUEST_TIMEOUT_MS = 2000;

/**
 * A pod in the list: what identifies it, the order of the last report on it in the store, and `graceSeconds` when it is
 * to stop.
 */
export type ListedPod = ListPodsReply['pods'][number];

interface AssignedPodsOptions {
  agent: string;
  bus: Pick<Bus, 'request'>;
  log: Logger;
}

/** Asks the control plane for the pods that are assigned to this agent's nodes. */
export class AssignedPods {
  readonly #options: AssignedPodsOptions;

  constructor(options: AssignedPodsOptions) {
    this.#options = options;
  }

  /**
   * The whole list. Every pod that was assigned up to `revision` is in it, unless it is gone.
   * @throws RequestFailedError and ContractError; asking again later may help.
   */
  async list(): Promise<{ revision: number; pods: ListedPod[] }> {
    const pods: ListedPod[] = [];
    let revision: number | undefined;
    for (;;) {
      const after = pods.at(-1)?.uid;
      const request = { limit: LIST_PAGE, ...(after !== undefined && { after }) };
      const page = parseExchange('list-pods', 'reply', await this.#ask('list-pods', request));
      // The first page's revision is the oldest: what came after it comes as a command.
      revision ??= page.revision;
      pods.push(...page.pods);
      if (!page.more) return { revision, pods };
      if (page.pods.length === 0) throw new ContractError('list-pods reply: the page is empty, and more are to follow');
    }
  }

  /**
   * Fetches whole pods, and passes each reply's on with its revision. A reply may hold fewer pods than it was asked
   * for: some are gone, or did not fit.
   * @throws as {@link list}.
   */
  async fetch(uids: string[], onPods: (pods: AssignedPod[], revision: number) => void): Promise<void> {
    let left = uids;
    while (left.length > 0) {
      const asked = left.slice(0, FETCH_PAGE);
      const reply = parseExchange('fetch-pods', 'reply', await this.#ask('fetch-pods', { uids: asked }));
      const pods = reply.pods.filter(isAssignedPod);
      const invalid = reply.pods.length - pods.length;
      if (invalid > 0) this.#options.log.warn({ invalid }, 'fetch-pods reply: pods lack fields that every pod has');
      onPods(pods, reply.revision);
      const received = new Set(pods.map(({ metadata }) => metadata.uid));
      const rest = left.filter((uid) => !received.has(uid));
      // When none of those asked for has come, they are gone.
      left = rest.length < left.length ? rest : left.slice(asked.length);
    }
  }

  #ask(question: 'list-pods' | 'fetch-pods', request: object): Promise<string> {
    const { bus, agent } = this.#options;
    return bus.request(subjects.request(agent, question), JSON.stringify(request), REQUEST_TIMEOUT_MS);
  }
}
