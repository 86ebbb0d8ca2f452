import { randomUUID } from 'node:crypto';
import { type ApiError, generatedName, type Pod, type PodTemplateSpec, type Stored } from '@everynode/objects';
import { admissionFactsOf, completePod } from '@everynode/pod-admission';
import type { Fence } from '@everynode/store';
import { type OwnerKind, ownerReferenceTo, podNamePrefix, podOfTemplate } from '@everynode/workloads';
import type { EventRecorder } from '../../events/event-recorder.js';
import { decideTermination } from '../../pod-termination/terminate-pod.js';
import type { SchedulerContext } from '../../scheduler-context.js';
import { isRefusal } from '../reconcile-backoff.js';
import { passMoment } from './moment.js';
import { creationOf, NameTakenError } from './new-object.js';
import { PodText } from './pod-text.js';
import { allEnded, slowStart, type Writes } from './slow-start.js';
import { type EventOwner, WorkloadEvents } from './workload-events.js';

/** A controller that has pods, as upstream calls it. */
export interface PodOwnerKind extends OwnerKind {
  /** Its name in events. */
  component: string;
  /** The account of upstream's controller, by which pod security policies may exempt its pods. */
  account: string;
}

const workloadEventsOf = (recorder: EventRecorder, { apiVersion, kind, component }: PodOwnerKind): WorkloadEvents =>
  new WorkloadEvents(recorder, { apiVersion, kind }, component);

/** A pod that is to be created: what its template does not tell. */
export interface NewPodFacts {
  /** Undefined for a pod that gets a name of its own, made from its owner's. */
  name?: string;
  /** The prefix of generated names; the owner's name by default. */
  prefix?: string;
  template: PodTemplateSpec | undefined;
}

/** Creates and deletes the pods of workloads. Each write is recorded as an event of the workload. */
export class PodControl {
  readonly events: WorkloadEvents;
  readonly #context: SchedulerContext;
  readonly #kind: PodOwnerKind;

  constructor(context: SchedulerContext, kind: PodOwnerKind, events = workloadEventsOf(context.recorder, kind)) {
    this.#context = context;
    this.#kind = kind;
    this.events = events;
  }

  /** Creates pods of one template, slowly at first: a template that is refused costs one try. */
  async create(owner: EventOwner, facts: NewPodFacts, count: number, fence: Fence): Promise<Writes> {
    if (count === 0) return { written: 0, failure: undefined };
    let pods: PodText;
    try {
      pods = this.#textOf(owner, facts);
    } catch (failure) {
      this.#reportCreation(owner, facts, failure);
      return { written: 0, failure };
    }
    return await slowStart(count, () => this.#createOne(owner, facts, pods, fence));
  }

  /** Creates pods that each have facts of their own, slowly at first. */
  createEach(owner: EventOwner, each: readonly NewPodFacts[], fence: Fence): Promise<Writes> {
    return slowStart(each.length, async (index) => {
      const { written, failure } = await this.create(owner, each[index] as NewPodFacts, 1, fence);
      if (failure !== undefined) throw failure;
      return written;
    });
  }

  /** Deletes pods with their grace periods. All are tried, whatever becomes of one of them. */
  delete(owner: EventOwner, pods: readonly Stored<Pod>[], fence: Fence): Promise<Writes> {
    return allEnded(pods.map((pod) => this.#deleteOne(owner, pod, fence)));
  }

  /** @throws ApiError Forbidden when the namespace or the cluster does not admit such pods. */
  #textOf(owner: EventOwner, { name, template, prefix }: NewPodFacts): PodText {
    const { reflector, podSecurityExemptions } = this.#context;
    const { metadata } = owner;
    const { apiVersion, kind, account } = this.#kind;
    const made = podOfTemplate(template, ownerReferenceTo({ apiVersion, kind }, owner));
    const generateName = podNamePrefix(prefix ?? metadata.name);
    const facts = admissionFactsOf(reflector, metadata.namespace, podSecurityExemptions);
    const { namespace } = metadata;
    const { annotations: asked } = made.metadata;
    const completed = completePod(
      { name: name ?? generateName, namespace, ...(asked && { annotations: asked }) },
      made.spec,
      { ...facts, creator: `system:serviceaccount:kube-system:${account}` },
    );
    const { spec, status, annotations } = completed;
    const { at } = passMoment();
    return new PodText(({ name: called, uid }) => ({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: {
        ...made.metadata,
        ...(annotations && { annotations }),
        name: called,
        ...(name === undefined && { generateName }),
        namespace,
        uid,
        creationTimestamp: at,
        generation: 1,
      },
      spec,
      status: {
        ...status,
        ...(status.conditions && { conditions: status.conditions.map((one) => ({ ...one, lastTransitionTime: at })) }),
      },
    }));
  }

  async #createOne(owner: EventOwner, facts: NewPodFacts, pods: PodText, fence: Fence): Promise<number> {
    const { namespace } = owner.metadata;
    for (;;) {
      const uid = randomUUID();
      const name = facts.name ?? generatedName(podNamePrefix(facts.prefix ?? owner.metadata.name));
      const placement = facts.template?.spec?.nodeName || null;
      const created = { uid, parts: pods.fill({ name, node: '', uid }), placement };
      try {
        const write = creationOf({ resource: 'pods', namespace, name }, created, fence);
        const { revision } = await this.#context.store.write(write);
        this.events.created(owner, name);
        return revision;
      } catch (error) {
        if (error instanceof NameTakenError && facts.name === undefined) continue;
        this.#reportCreation(owner, facts, error);
        throw error;
      }
    }
  }

  #reportCreation(owner: EventOwner, facts: NewPodFacts, error: unknown): void {
    if (isRefusal(error)) this.events.createRefused(owner, error, facts.name);
  }

  async #deleteOne(owner: EventOwner, { metadata }: Stored<Pod>, fence: Fence): Promise<number> {
    const { name, namespace, uid } = metadata;
    try {
      const { outcome, revision } = await this.#context.store.write({
        key: { resource: 'pods', namespace, name },
        reads: 'all',
        fence,
        decide: (current) => decideTermination(current, uid, passMoment().now),
      });
      if (outcome === 'kept') return 0;
      this.events.deleted(owner, name);
      return revision;
    } catch (error) {
      if (isRefusal(error)) this.events.deleteRefused(owner, error, name);
      throw error;
    }
  }
}

/** The message of a failure, for a condition. */
export const messageOf = (failure: unknown): string =>
  isRefusal(failure) ? (failure as ApiError).message : failure instanceof Error ? failure.message : String(failure);
