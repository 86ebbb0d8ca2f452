import type { Bus, Delivery } from '@everynode/bus';
import { AGENT_COMMANDS, type AgentCommand, ContractError, parseEvent, subjects } from '@everynode/contract';
import { type AssignedPod, isAssignedPod } from '@everynode/kubelet';
import type { HostedNode, Runtime } from '@everynode/pod-runtime';
import type { Logger } from '@everynode/service-shell';
import { LRUCache } from 'lru-cache';
import { AssignedPods, type ListedPod } from './assigned-pods.js';
import { Resync } from './resync.js';
import type { PodIdentity } from './status-message.js';

/** Pods whose end is remembered; an older one is `unknown` again, and only the list's revision protects it. */
const MAX_ENDED = 20_000;

/** What the agent knows of a pod; see {@link PodSync}. */
export type PodMode = 'unknown' | 'running' | 'stopped' | 'gone';

interface PodSyncOptions {
  agent: string;
  bus: Pick<Bus, 'request'>;
  runtime: Runtime;
  nodes: ReadonlyMap<string, HostedNode>;
  /** Reports that a pod has stopped of which nothing runs. */
  reportStopped: (pod: PodIdentity) => void;
  /** The store has these reports on pods that the agent runs or ran. */
  onListed: (pods: readonly ListedPod[]) => void;
  /** The pod is gone, or no longer assigned to this agent. */
  onForgotten: (uid: string) => void;
  log: Logger;
  signal: AbortSignal;
}

/**
 * Makes the pods that run equal to those that are assigned. Commands say what changes. Each time delivery may have lost
 * some, and from time to time in any case, the whole list is asked for and compared ({@link Resync}).
 *
 * Each pod, known by its uid, is in one of four modes:
 *
 * - `unknown`: the agent has not received it, or has dropped it.
 * - `running`: the runtime has it.
 * - `stopped`: the runtime has stopped it; its object may still exist.
 * - `gone`: its object is gone.
 *
 * What an event does, and the next mode where it changes (pod-sync-transitions.test.ts holds each cell):
 *
 * | event                   | unknown                    | running               | stopped           | gone    |
 * | ----------------------- | -------------------------- | --------------------- | ----------------- | ------- |
 * | assigned                | start → running            | start (newest form)   | –                 | –       |
 * | told to stop            | ask for the list           | stop                  | report as stopped | –       |
 * | object gone             | forget → gone              | forget → gone         | forget → gone     | forget  |
 * | runtime has stopped it  | → stopped                  | → stopped             | –                 | –       |
 * | in the list             | fetch, start → running     | –                     | –                 | –       |
 * | in the list, to stop    | fetch, start, stop → running | stop                | report as stopped | –       |
 * | missing in the list     | –                          | forget → unknown      | –                 | –       |
 *
 * A running pod with readiness gates is fetched with each list too: others set the conditions that it waits for.
 *
 * Commands and lists may come twice and in any order. Four rules make the result the same:
 *
 * - A running pod is not started again, and a stopping one can only be stopped sooner (the runtime's part).
 * - A pod that a list lacks is forgotten if it was assigned up to the list's revision. A pod that was assigned later
 *   stays: the list did not contain it yet.
 * - An assignment up to the revision of the last list, of a pod that this list lacks, is outdated and ignored.
 * - A pod that has stopped or is gone never starts again: a uid is used once.
 */
export class PodSync {
  readonly #options: PodSyncOptions;
  readonly #assigned: AssignedPods;
  readonly #resync: Resync;
  readonly #commands: ReadonlyMap<string, (body: string) => void>;
  /** The running pods by uid, each with the latest revision that its assignment is known from. */
  readonly #running = new Map<string, number>();
  /** Pods of an earlier process, whose newest form is not known. */
  readonly #stale = new Set<string>();
  /** Running pods whose readiness waits for conditions that others set. */
  readonly #gated = new Set<string>();
  readonly #ended = new LRUCache<string, 'stopped' | 'gone'>({ max: MAX_ENDED });
  #listed: { revision: number; uids: ReadonlySet<string> } = { revision: 0, uids: new Set() };

  constructor(options: PodSyncOptions) {
    const { agent, log, signal } = options;
    const handlers: Record<AgentCommand, (body: string) => void> = {
      'pod-assigned': (body) => this.#onAssigned(body),
      'pod-terminating': (body) => this.#onTerminating(body),
    };
    this.#options = options;
    this.#assigned = new AssignedPods(options);
    this.#resync = new Resync({ compare: () => this.#compare(), log, signal });
    this.#commands = new Map(AGENT_COMMANDS.map((name) => [subjects.command(agent, name), handlers[name]]));
  }

  /** Why the pods that run may differ from the assigned ones; undefined when they do not. */
  get trouble(): string | undefined {
    return this.#resync.trouble;
  }

  /** Number of pods that the runtime has. */
  get running(): number {
    return this.#running.size;
  }

  /** Number of lists that were compared. */
  get syncs(): number {
    return this.#resync.succeeded;
  }

  modeOf(uid: string): PodMode {
    return this.#running.has(uid) ? 'running' : (this.#ended.get(uid) ?? 'unknown');
  }

  /** The runtime has stopped the pod, and has nothing of it any more. */
  stopped(uid: string): void {
    this.#running.delete(uid);
    this.#gated.delete(uid);
    this.#stale.delete(uid);
    if (this.modeOf(uid) !== 'gone') this.#ended.set(uid, 'stopped');
  }

  /**
   * The machine has a pod that an earlier process ran: it goes on. The next list says whether it is still assigned, and
   * is followed by its newest form.
   */
  found(pod: AssignedPod): void {
    this.#stale.add(pod.metadata.uid);
    this.#start(pod, 0);
  }

  /** Compares with the whole list from time to time. Resolves when the signal aborts. */
  repeat(): Promise<void> {
    return this.#resync.repeat();
  }

  /** Compares with a list that is read after this call. Resolves when that is done, or when the signal aborts. */
  resync(): Promise<void> {
    return this.#resync.request();
  }

  async #compare(): Promise<void> {
    const { revision, pods } = await this.#assigned.list();
    const uids = new Set(pods.map((pod) => pod.uid));
    this.#listed = { revision, uids };
    for (const [uid, assignedAt] of this.#running) if (assignedAt <= revision && !uids.has(uid)) this.#forget(uid);
    const missing = pods.flatMap(({ uid }) => {
      const mode = this.modeOf(uid);
      const isOutdated = this.#gated.has(uid) || this.#stale.has(uid);
      return mode === 'unknown' || (mode === 'running' && isOutdated) ? [uid] : [];
    });
    await this.#assigned.fetch(missing, (fetched, at) => {
      for (const pod of fetched) this.#start(pod, at);
    });
    this.#options.onListed(pods);
    for (const pod of pods) if (pod.graceSeconds !== undefined) this.#stop(pod, pod.graceSeconds);
    this.#options.log.info({ revision, pods: pods.length }, 'synchronised with the assigned pods');
  }

  /**
   * Carries out a command from the bus.
   * @throws ContractError for a command that is not valid, or not in all of its parts; the valid parts are carried out.
   */
  command({ subject, body }: Delivery): void {
    const carryOut = this.#commands.get(subject);
    if (!carryOut) throw new ContractError(`unknown command ${subject}`);
    carryOut(body);
  }

  #onAssigned(body: string): void {
    const { revision, pods }: { revision: number; pods: unknown[] } = parseEvent('pod-assigned', body);
    // An assignment of no pods means that commands may have been lost.
    if (pods.length === 0) void this.resync();
    for (const pod of pods.filter(isAssignedPod)) {
      const isOutdated = revision <= this.#listed.revision && !this.#listed.uids.has(pod.metadata.uid);
      if (!isOutdated) this.#start(pod, revision);
    }
    if (!pods.every(isAssignedPod)) throw new ContractError('pod-assigned: a pod lacks fields that every pod has');
  }

  #onTerminating(body: string): void {
    for (const pod of parseEvent('pod-terminating', body).pods) {
      if (pod.gone) this.#gone(pod.uid);
      else if (this.#stop(pod, pod.graceSeconds) === 'unknown' && this.#options.nodes.has(pod.node)) {
        // An earlier command was lost. The list has the pod, and shows that it is to stop.
        void this.resync();
      }
    }
  }

  #start(pod: AssignedPod, revision: number): void {
    const { runtime, nodes, log } = this.#options;
    const { uid, name } = pod.metadata;
    const mode = this.modeOf(uid);
    if (mode === 'stopped' || mode === 'gone') return;
    const node = nodes.get(pod.spec.nodeName);
    if (node) {
      this.#running.set(uid, Math.max(revision, this.#running.get(uid) ?? 0));
      if (revision > 0) this.#stale.delete(uid);
      if (pod.spec.readinessGates?.length) this.#gated.add(uid);
      runtime.start(pod, node);
    } else log.warn({ pod: name, node: pod.spec.nodeName }, 'a pod was assigned to a node that is not here');
  }

  /** Stops a pod, or reports that it has stopped already. Returns the mode in which it was. */
  #stop(pod: PodIdentity, graceSeconds: number): PodMode {
    const mode = this.modeOf(pod.uid);
    if (mode === 'running') this.#options.runtime.stop(pod.uid, graceSeconds);
    else if (mode === 'stopped') this.#options.reportStopped(pod);
    return mode;
  }

  #gone(uid: string): void {
    this.#ended.set(uid, 'gone');
    this.#forget(uid);
  }

  #forget(uid: string): void {
    this.#running.delete(uid);
    this.#gated.delete(uid);
    this.#stale.delete(uid);
    this.#options.runtime.forget(uid);
    this.#options.onForgotten(uid);
  }
}
