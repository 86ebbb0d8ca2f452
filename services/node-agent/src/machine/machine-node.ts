import type { PodEvent } from '@everynode/contract';
import { type AssignedPod, type NodeRefusal, type PressureCondition, pressureRefusal } from '@everynode/kubelet';
import { type NodeStatus, timestamp } from '@everynode/objects';
import { type Clock, type ConditionFacts, type HostedNode, nodeStatus } from '@everynode/pod-runtime';

/** What the events of a change of pressure are called. Source: pkg/kubelet/nodestatus/setters.go. */
const PRESSURES: Readonly<Record<PressureCondition, { begins: ConditionWords; ends: ConditionWords }>> = {
  MemoryPressure: {
    begins: ['KubeletHasInsufficientMemory', 'kubelet has insufficient memory available', 'NodeHasInsufficientMemory'],
    ends: ['KubeletHasSufficientMemory', 'kubelet has sufficient memory available', 'NodeHasSufficientMemory'],
  },
  DiskPressure: {
    begins: ['KubeletHasDiskPressure', 'kubelet has disk pressure', 'NodeHasDiskPressure'],
    ends: ['KubeletHasNoDiskPressure', 'kubelet has no disk pressure', 'NodeHasNoDiskPressure'],
  },
  PIDPressure: {
    begins: ['KubeletHasInsufficientPID', 'kubelet has insufficient PID available', 'NodeHasInsufficientPID'],
    ends: ['KubeletHasSufficientPID', 'kubelet has sufficient PID available', 'NodeHasSufficientPID'],
  },
};

/** The reason and message of a condition, and the reason of the event. */
type ConditionWords = [reason: string, message: string, event: string];

/** Source: pkg/kubelet/nodeshutdown. */
const SHUTTING_DOWN: NodeRefusal = {
  reason: 'NodeShutdown',
  message: 'Pod was rejected as the node is shutting down.',
};

/** An event on a node, before it is in a message. */
export type NodeOccurrence = Pick<PodEvent, 'type' | 'reason' | 'message' | 'at'>;

/** What changes of a node that is this machine: its conditions, what it refuses, and its events. */
export class MachineNode {
  readonly #name: string;
  readonly #clock: Pick<Clock, 'wallTime'>;
  #pressure: readonly PressureCondition[] = [];
  #isShuttingDown = false;
  #occurrences: NodeOccurrence[] = [];
  /** Is called after each change; the agent reports the node then. */
  onChange: () => void = () => undefined;

  constructor(name: string, clock: Pick<Clock, 'wallTime'>) {
    this.#name = name;
    this.#clock = clock;
  }

  /** Why the node admits no such pod now. */
  refusalOf(pod: AssignedPod): NodeRefusal | undefined {
    return pressureRefusal(pod, this.#pressure) ?? (this.#isShuttingDown ? SHUTTING_DOWN : undefined);
  }

  /** Adds an event on the node to what is to be reported. */
  tell(type: NodeOccurrence['type'], reason: string, message: string): void {
    this.#occurrences.push({ type, reason, message, at: timestamp(this.#clock.wallTime()) });
    // Without an answer for long, the newest are what people look for.
    this.#occurrences.splice(0, this.#occurrences.length - MAX_OCCURRENCES);
    this.onChange();
  }

  /** Takes the events that are in no message yet. */
  takeOccurrences(): NodeOccurrence[] {
    const taken = this.#occurrences;
    this.#occurrences = [];
    return taken;
  }

  /** Sets what the node is short of. Returns whether that is news. */
  setPressure(conditions: readonly PressureCondition[]): boolean {
    const before = this.#pressure;
    const isChanged = (each: PressureCondition) => before.includes(each) !== conditions.includes(each);
    const changed = (Object.keys(PRESSURES) as PressureCondition[]).filter(isChanged);
    if (changed.length === 0) return false;
    this.#pressure = [...conditions];
    for (const each of changed) {
      const [, , event] = PRESSURES[each][conditions.includes(each) ? 'begins' : 'ends'];
      this.tell('Normal', event, `Node ${this.#name} status is now: ${event}`);
    }
    return true;
  }

  /** The node ends its pods, and admits no more. It is for good: the next process begins anew. */
  shutDown(): void {
    this.#isShuttingDown = true;
    this.tell('Normal', 'NodeNotReady', `Node ${this.#name} status is now: NodeNotReady`);
  }

  /** Its status as it is now. */
  status(hosted: HostedNode): NodeStatus {
    return nodeStatus(hosted, this.#clock.wallTime(), this.#conditions());
  }

  /** What stands in place of the conditions of a node that is well. */
  #conditions(): ConditionFacts[] {
    const conditions = this.#pressure.map((type): ConditionFacts => {
      const [reason, message] = PRESSURES[type].begins;
      return [type, 'True', reason, message];
    });
    if (!this.#isShuttingDown) return conditions;
    return [
      ...conditions,
      ['Ready', 'False', 'KubeletNotReady', 'node is shutting down'],
      ['GracefulNodeShutdownInProgress', 'True', 'ShutdownManager', 'the node ends its pods, and shuts down'],
    ];
  }
}

/** Events that wait for a message, at most. A report has room for 100. */
const MAX_OCCURRENCES = 50;
