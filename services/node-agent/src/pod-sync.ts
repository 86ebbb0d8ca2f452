import type { Bus, Delivery } from '@everynode/bus';
import { type ListPodsReply, parseEvent, parseExchange, subjects } from '@everynode/contract';
import { type BackoffOptions, type Logger, retryUntilDone } from '@everynode/service-shell';
import type { HostedNode } from './nodes-file.js';
import type { AssignedPod, Runtime } from './runtime/runtime.js';

const LIST_PAGE = 1000;
const FETCH_PAGE = 200;
const REQUEST_TIMEOUT_MS = 5000;
const BACKOFF: BackoffOptions = { firstMs: 200, maxMs: 5000 };
const RESYNC_MS = 5 * 60_000;

export interface PodSyncOptions {
  agent: string;
  bus: Pick<Bus, 'request'>;
  runtime: Runtime;
  nodes: ReadonlyMap<string, HostedNode>;
  log: Logger;
  signal: AbortSignal;
}

type Listed = ListPodsReply['pods'][number];

/**
 * Makes what runs equal to what is assigned. Commands say what changes; each time delivery may have lost some, and every
 * five minutes in any case, the whole list is asked for and compared.
 *
 * A command may come before, during or after a list that already has it. Starting a pod that runs and stopping one that
 * stops do nothing, so the order matters in one case alone: a pod that is gone must not be started again by an older
 * command. Commands up to the revision of the last list are therefore taken only for pods that the list has.
 */
export class PodSync {
  readonly #options: PodSyncOptions;
  /** Uids of the pods that the runtime has, each with the revision at which it was last said to be assigned. */
  readonly #running = new Map<string, number>();
  #listed: { revision: number; uids: ReadonlySet<string> } = { revision: 0, uids: new Set() };
  #syncing: Promise<void> | undefined;
  #again = false;
  #trouble: string | undefined = 'not synchronised yet';

  constructor(options: PodSyncOptions) {
    this.#options = options;
  }

  get trouble(): string | undefined {
    return this.#trouble;
  }

  /** Pods that the runtime has. */
  get running(): number {
    return this.#running.size;
  }

  /** A pod has stopped by itself, or as it was told. */
  stopped(uid: string): void {
    this.#running.delete(uid);
  }

  /** Asks for the whole list from time to time, until the signal aborts. */
  repeat(): void {
    const timer = setInterval(() => void this.resync(), RESYNC_MS);
    this.#options.signal.addEventListener('abort', () => clearInterval(timer), { once: true });
  }

  /** Compares with the whole list; a call while that is under way has it done once more. */
  resync(): Promise<void> {
    if (this.#syncing) {
      this.#again = true;
      return this.#syncing;
    }
    this.#syncing = this.#run().finally(() => {
      this.#syncing = undefined;
    });
    return this.#syncing;
  }

  async #run(): Promise<void> {
    const { log, signal } = this.#options;
    do {
      this.#again = false;
      await retryUntilDone(() => this.#compare(), {
        signal,
        backoff: BACKOFF,
        onFailure: (err, failures) => {
          this.#trouble = 'the assigned pods cannot be listed';
          log.warn({ err, failures }, 'the assigned pods cannot be listed');
        },
      });
    } while (this.#again && !signal.aborted);
  }

  async #compare(): Promise<void> {
    const { runtime, log } = this.#options;
    const { revision, pods } = await this.#list();
    const uids = new Set(pods.map((pod) => pod.uid));
    // What a command brought while the list was on its way is newer than the list, and may not be in it.
    for (const [uid, assignedAt] of this.#running) if (assignedAt <= revision && !uids.has(uid)) this.#forget(uid);
    await this.#fetch(pods.filter((pod) => !this.#running.has(pod.uid)).map((pod) => pod.uid));
    for (const { uid, graceSeconds } of pods) if (graceSeconds !== undefined) runtime.stop(uid, graceSeconds);
    this.#listed = { revision, uids };
    this.#trouble = undefined;
    log.info({ revision, pods: pods.length }, 'synchronised with the assigned pods');
  }

  async #list(): Promise<{ revision: number; pods: Listed[] }> {
    const pods: Listed[] = [];
    let revision: number | undefined;
    for (;;) {
      const after = pods.at(-1)?.uid;
      const request = { limit: LIST_PAGE, ...(after !== undefined && { after }) };
      const page = parseExchange('list-pods', 'reply', await this.#ask('list-pods', request));
      // The first page's revision is the oldest: what came after it comes as a command.
      revision ??= page.revision;
      pods.push(...page.pods);
      if (!page.more) return { revision, pods };
    }
  }

  /** Fetches pods whole and starts them. A reply may hold fewer than were asked for: some are gone, or did not fit. */
  async #fetch(uids: string[]): Promise<void> {
    let left = uids;
    while (left.length > 0) {
      const asked = left.slice(0, FETCH_PAGE);
      const reply = parseExchange('fetch-pods', 'reply', await this.#ask('fetch-pods', { uids: asked }));
      const got = new Set(reply.pods.map((pod) => this.#start(pod as unknown as AssignedPod, reply.revision)));
      // Nothing of what was asked for is there any more.
      if (got.size === 0) left = left.slice(asked.length);
      else left = left.filter((uid) => !got.has(uid));
    }
  }

  #ask(question: 'list-pods' | 'fetch-pods', request: object): Promise<string> {
    const { bus, agent } = this.#options;
    return bus.request(subjects.request(agent, question), JSON.stringify(request), REQUEST_TIMEOUT_MS);
  }

  #start(pod: AssignedPod, revision: number): string {
    const { runtime, nodes, log } = this.#options;
    const { uid } = pod.metadata;
    const node = nodes.get(pod.spec.nodeName);
    if (node) {
      this.#running.set(uid, revision);
      runtime.start(pod, node);
    } else
      log.warn({ pod: pod.metadata.name, node: pod.spec.nodeName }, 'a pod was assigned to a node that is not here');
    return uid;
  }

  #forget(uid: string): void {
    this.#running.delete(uid);
    this.#options.runtime.forget(uid);
  }

  /** A command off the bus. Throws ContractError for one that is not understood. */
  command({ subject, body }: Delivery): void {
    if (subject.endsWith('.pod-assigned')) {
      const { revision, pods } = parseEvent('pod-assigned', body);
      for (const pod of pods as unknown as AssignedPod[]) {
        const outdated = revision <= this.#listed.revision && !this.#listed.uids.has(pod.metadata.uid);
        if (!outdated && pod.metadata.deletionTimestamp === undefined) this.#start(pod, revision);
      }
    } else if (subject.endsWith('.pod-terminating')) {
      for (const { uid, graceSeconds, gone } of parseEvent('pod-terminating', body).pods) {
        if (gone) this.#forget(uid);
        else this.#options.runtime.stop(uid, graceSeconds);
      }
    }
  }
}
