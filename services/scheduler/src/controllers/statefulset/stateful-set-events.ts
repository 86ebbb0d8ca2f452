import type { EventOwner } from '../workloads/workload-events.js';
import { WorkloadEvents } from '../workloads/workload-events.js';

type Refusal = { message: string };

/**
 * The events of a StatefulSet. Source: pkg/controller/statefulset/stateful_pod_control.go, recordPodEvent and
 * recordClaimEvent.
 */
export class StatefulSetEvents extends WorkloadEvents {
  override created(owner: EventOwner, pod: string): void {
    this.#done(owner, 'Create', `create Pod ${pod} in StatefulSet ${owner.metadata.name} successful`);
  }

  override createRefused(owner: EventOwner, error: Refusal, pod = ''): void {
    this.#failed(
      owner,
      'Create',
      `create Pod ${pod} in StatefulSet ${owner.metadata.name} failed error: ${error.message}`,
    );
  }

  updated(owner: EventOwner, pod: string): void {
    this.#done(owner, 'Update', `update Pod ${pod} in StatefulSet ${owner.metadata.name} successful`);
  }

  override deleted(owner: EventOwner, pod: string): void {
    this.#done(owner, 'Delete', `delete Pod ${pod} in StatefulSet ${owner.metadata.name} successful`);
  }

  override deleteRefused(owner: EventOwner, error: Refusal, pod = ''): void {
    this.#failed(
      owner,
      'Delete',
      `delete Pod ${pod} in StatefulSet ${owner.metadata.name} failed error: ${error.message}`,
    );
  }

  claimCreated(owner: EventOwner, pod: string, claim: string): void {
    this.#done(owner, 'Create', `create Claim ${claim} Pod ${pod} in StatefulSet ${owner.metadata.name} success`);
  }

  claimRefused(owner: EventOwner, pod: string, claim: string, error: Refusal): void {
    const { name } = owner.metadata;
    const message = `create Claim ${claim} for Pod ${pod} in StatefulSet ${name} failed error: ${error.message}`;
    this.#failed(owner, 'Create', message);
  }

  #done(owner: EventOwner, verb: string, message: string): void {
    this.record(owner, 'Normal', `Successful${verb}`, message);
  }

  #failed(owner: EventOwner, verb: string, message: string): void {
    this.record(owner, 'Warning', `Failed${verb}`, message);
  }
}
