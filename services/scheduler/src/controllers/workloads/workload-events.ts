import type { ApiError } from '@everynode/objects';
import type { OwnerKind } from '@everynode/workloads';
import type { EventRecorder } from '../../events/event-recorder.js';

/** The object that events are about. */
export interface EventOwner {
  metadata: { name: string; namespace: string; uid: string };
}

/** The events of a workload. Reasons and words are upstream's: pkg/controller/controller_utils.go, RealPodControl. */
export class WorkloadEvents {
  readonly #recorder: EventRecorder;
  readonly #kind: OwnerKind;
  readonly #component: string;

  /** @param component the name under which upstream's controller records events: `replicaset-controller`. */
  constructor(recorder: EventRecorder, kind: OwnerKind, component: string) {
    this.#recorder = recorder;
    this.#kind = kind;
    this.#component = component;
  }

  created(owner: EventOwner, pod: string): void {
    this.record(owner, 'Normal', 'SuccessfulCreate', `Created pod: ${pod}`);
  }

  /** A user has to mend what was refused. */
  createRefused(owner: EventOwner, error: ApiError, _pod?: string): void {
    this.record(owner, 'Warning', 'FailedCreate', `Error creating: ${error.message}`);
  }

  deleted(owner: EventOwner, pod: string): void {
    this.record(owner, 'Normal', 'SuccessfulDelete', `Deleted pod: ${pod}`);
  }

  deleteRefused(owner: EventOwner, error: ApiError, _pod?: string): void {
    this.record(owner, 'Warning', 'FailedDelete', `Error deleting: ${error.message}`);
  }

  record({ metadata }: EventOwner, type: 'Normal' | 'Warning', reason: string, message: string): void {
    const { name, namespace, uid } = metadata;
    const subject = { ...this.#kind, namespace, name, uid };
    this.#recorder.record({ subject, type, reason, message, component: this.#component });
  }
}
