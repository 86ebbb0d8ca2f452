import type { Bus, Delivery } from '@everynode/bus';
import {
  ContractError,
  type ListPodsReply,
  type PodTerminating,
  parseEvent,
  parseExchange,
  subjects,
} from '@everynode/contract';
import { type BackoffOptions, type Logger, pause, retryUntilDone } from '@everynode/service-shell';
import type { HostedNode } from '../nodes/hosted-nodes.js';
import { RecentMap } from '../recent-map.js';
import { type AssignedPod, isAssignedPod, type Runtime } from '../runtime/runtime.js';

const LIST_PAGE = 1000;
const FETCH_PAGE = 200;
const REQUEST_TIMEOUT_MS = 5000;
const BACKOFF: BackoffOptions = { firstMs: 200, maxMs: 5000 };
/**
 * When the list is asked for without a reason, in ms after the one before; the last time stands for all that follow. A
 * registration is taken in some time after it was sent, and its pods are in the list only then.
 */
const RESYNC_AFTER_MS = [2000, 10_000, 60_000, 300_000];
/** Pods that have ended and are remembered as such; for older ones the list's revision has to do. */
const REMEMBERED_ENDS = 20_000;

export interface PodSyncOptions {
  agent: string;
  bus: Pick<Bus, 'request'>;
  runtime: Runtime;
  nodes: ReadonlyMap<string, HostedNode>;
  /** Says, of a pod that nothing runs of, that it has stopped. */
  reportStopped: (pod: Listed) => void;
  /** The pod is not this agent's business any more. */
  onForgotten: (uid: string) => void;
  log: Logger;
  signal: AbortSignal;
}

type Listed = Pick<ListPodsReply['pods'][number], 'namespace' | 'name' | 'uid' | 'node'>;

/**
 * Makes what runs equal to what is assigned. Commands say what changes; each time delivery may have lost some, and from
 * time to time in any case, the whole list is asked for and compared.
 *
 * Commands and lists may come twice and in any order. Both are taken in whenever they come, under four rules:
 * - A pod that is there is not started again, and one that stops is only stopped sooner.
 * - A pod that a list lacks is dropped if it was assigned up to the list's revision. One assigned later stays: the list
 *   did not know of it yet.
 * - An assignment up to the revision of the last list, of a pod that the list lacks, is outdated and ignored.
 * - A pod that has stopped or is gone never starts again: a uid is used once. Told to stop it, the agent says once more
 *   that it has.
 */
export class PodSync {
  readonly #options: PodSyncOptions;
  /** Uids of the pods that the runtime has, each with the revision at which it was last said to be assigned. */
  readonly #running = new Map<string, number>();
  readonly #ended = new RecentMap<string, 'stopped' | 'gone'>(REMEMBERED_ENDS);
  #listed: { revision: number; uids: ReadonlySet<string> } = { revision: 0, uids: new Set() };
  #syncing: Promise<void> | undefined;
  #again = false;
  #trouble: string | undefined = 'not synchronised yet';
  #syncs = 0;

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

  /** Lists that were compared. */
  get syncs(): number {
    return this.#syncs;
  }

  /** The runtime has nothing of this pod any more. */
  stopped(uid: string): void {
    this.#running.delete(uid);
    this.#ended.set(uid, 'stopped');
  }

  /** Asks for the whole list from time to time. Resolves when the signal aborts. */
  async repeat(random: () => number = Math.random): Promise<void> {
    const { signal } = this.#options;
    for (let i = 0; !signal.aborted; i += 1) {
      const afterMs = RESYNC_AFTER_MS[Math.min(i, RESYNC_AFTER_MS.length - 1)] ?? 0;
      // Agents that started together do not ask together for ever.
      await pause(afterMs * (0.8 + 0.4 * random()), signal);
      if (!signal.aborted) await this.resync();
    }
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
    const { runtime, reportStopped, log } = this.#options;
    const { revision, pods } = await this.#list();
    const uids = new Set(pods.map((pod) => pod.uid));
    this.#listed = { revision, uids };
    for (const [uid, assignedAt] of this.#running) if (assignedAt <= revision && !uids.has(uid)) this.#forget(uid);
    await this.#fetch(pods.flatMap(({ uid }) => (this.#running.has(uid) || this.#ended.has(uid) ? [] : [uid])));
    for (const pod of pods) {
      if (pod.graceSeconds === undefined) continue;
      if (this.#running.has(pod.uid)) runtime.stop(pod.uid, pod.graceSeconds);
      else if (this.#ended.get(pod.uid) === 'stopped') reportStopped(pod);
    }
    this.#syncs += 1;
    this.#trouble = undefined;
    log.info({ revision, pods: pods.length }, 'synchronised with the assigned pods');
  }

  async #list(): Promise<{ revision: number; pods: ListPodsReply['pods'] }> {
    const pods: ListPodsReply['pods'] = [];
    let revision: number | undefined;
    for (;;) {
      const after = pods.at(-1)?.uid;
      const request = { limit: LIST_PAGE, ...(after !== undefined && { after }) };
      const page = parseExchange('list-pods', 'reply', await this.#ask('list-pods', request));
      // The first page's revision is the oldest: what came after it comes as a command.
      revision ??= page.revision;
      pods.push(...page.pods);
      if (!page.more) return { revision, pods };
      if (page.pods.length === 0) throw new ContractError('list-pods reply: an empty page says that there are more');
    }
  }

  /** Fetches pods whole and starts them. A reply may hold fewer than were asked for: some are gone, or did not fit. */
  async #fetch(uids: string[]): Promise<void> {
    let left = uids;
    while (left.length > 0) {
      const asked = left.slice(0, FETCH_PAGE);
      const reply = parseExchange('fetch-pods', 'reply', await this.#ask('fetch-pods', { uids: asked }));
      const got = new Set(reply.pods.map((pod) => this.#take(pod, reply.revision)));
      const rest = left.filter((uid) => !got.has(uid));
      // Nothing of what was asked for is there any more.
      left = rest.length < left.length ? rest : left.slice(asked.length);
    }
  }

  #ask(question: 'list-pods' | 'fetch-pods', request: object): Promise<string> {
    const { bus, agent } = this.#options;
    return bus.request(subjects.request(agent, question), JSON.stringify(request), REQUEST_TIMEOUT_MS);
  }

  /** Starts a fetched pod, or skips it; gives its uid where it has one. */
  #take(pod: unknown, revision: number): string | undefined {
    if (!isAssignedPod(pod)) {
      this.#options.log.warn('a pod was sent without what every pod has');
      return undefined;
    }
    this.#start(pod, revision);
    return pod.metadata.uid;
  }

  #start(pod: AssignedPod, revision: number): void {
    const { runtime, nodes, log } = this.#options;
    const { uid, name } = pod.metadata;
    if (this.#ended.has(uid)) return;
    const node = nodes.get(pod.spec.nodeName);
    if (node) {
      this.#running.set(uid, Math.max(revision, this.#running.get(uid) ?? 0));
      runtime.start(pod, node);
    } else log.warn({ pod: name, node: pod.spec.nodeName }, 'a pod was assigned to a node that is not here');
  }

  #forget(uid: string): void {
    this.#running.delete(uid);
    this.#options.runtime.forget(uid);
    this.#options.onForgotten(uid);
  }

  /**
   * A command off the bus. Throws ContractError for one that is not understood, or not wholly; what can be done of it is
   * done. An assignment of no pods at all says that commands may have been lost.
   */
  command({ subject, body }: Delivery): void {
    if (subject.endsWith('.pod-assigned')) {
      const { revision, pods }: { revision: number; pods: unknown[] } = parseEvent('pod-assigned', body);
      if (pods.length === 0) void this.resync();
      for (const pod of pods.filter(isAssignedPod)) {
        const outdated = revision <= this.#listed.revision && !this.#listed.uids.has(pod.metadata.uid);
        if (!outdated) this.#start(pod, revision);
      }
      if (!pods.every(isAssignedPod)) throw new ContractError('pod-assigned: a pod lacks what every pod has');
    } else if (subject.endsWith('.pod-terminating')) {
      for (const pod of parseEvent('pod-terminating', body).pods) this.#terminate(pod);
    } else throw new ContractError(`unknown command ${subject}`);
  }

  #terminate(pod: PodTerminating['pods'][number]): void {
    const { runtime, reportStopped, nodes } = this.#options;
    const { uid, graceSeconds, gone, node } = pod;
    if (gone) {
      this.#ended.set(uid, 'gone');
      this.#forget(uid);
    } else if (this.#running.has(uid)) runtime.stop(uid, graceSeconds);
    else if (this.#ended.get(uid) === 'stopped') reportStopped(pod);
    else if (!this.#ended.has(uid) && nodes.has(node)) {
      // Something was missed before this: the list has it, and when the pod is not taken over from there it is stopped.
      void this.resync();
    }
  }
}
