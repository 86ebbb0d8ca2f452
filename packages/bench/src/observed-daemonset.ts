import { type KubeClient, TABLE, type WatchEvent } from './kube-client.js';

interface Table {
  metadata: { resourceVersion?: string };
  columnDefinitions: { name: string }[] | null;
  rows: { cells: unknown[] }[] | null;
}

interface DaemonSetFacts {
  metadata: { generation: number };
  status?: {
    observedGeneration?: number;
    desiredNumberScheduled?: number;
    updatedNumberScheduled?: number;
    numberAvailable?: number;
  };
}

/** One point of a curve: ms since the scenario began, and how many pods were ready then. */
export interface Sample {
  ms: number;
  ready: number;
}

/**
 * A DaemonSet and its pods, as watches show them: nothing is asked twice, and no server's word is taken but that of its
 * events. Pods are watched as tables without objects, which every API server makes and which are small.
 */
export class ObservedDaemonSet {
  readonly #pods = new Map<string, boolean>();
  #ready = 0;
  #columns: string[] = [];
  #facts: DaemonSetFacts | undefined;
  #began = performance.now();
  #samples: Sample[] = [];
  #events = 0;
  #waiting: (() => void) | undefined;
  #failed: Error | undefined;
  readonly #stops: (() => void)[] = [];

  constructor(client: KubeClient, namespace: string, name: string) {
    const fail = (error: Error): void => {
      this.#failed = error;
      this.#waiting?.();
    };
    const selector = encodeURIComponent(`app=${name}`);
    this.#stops.push(
      client.watch<Table>(
        `/api/v1/namespaces/${namespace}/pods?watch=true&includeObject=None&labelSelector=${selector}`,
        TABLE,
        (event) => this.#onPods(event),
        fail,
      ),
      client.watch<DaemonSetFacts>(
        `/apis/apps/v1/namespaces/${namespace}/daemonsets?watch=true&fieldSelector=${encodeURIComponent(`metadata.name=${name}`)}`,
        'application/json',
        ({ type, object }) => {
          this.#facts = type === 'DELETED' ? undefined : object;
          this.#waiting?.();
        },
        fail,
      ),
    );
  }

  #onPods({ type, object }: WatchEvent<Table>): void {
    if (type === 'BOOKMARK') return;
    this.#events += 1;
    if (object.columnDefinitions) this.#columns = object.columnDefinitions.map(({ name }) => name);
    const [nameAt, readyAt, statusAt] = ['Name', 'Ready', 'Status'].map((name) => this.#columns.indexOf(name)) as [
      number,
      number,
      number,
    ];
    for (const { cells } of object.rows ?? []) {
      const name = String(cells[nameAt]);
      const [have, want] = String(cells[readyAt]).split('/');
      const ready = type !== 'DELETED' && have === want && cells[statusAt] === 'Running';
      this.#ready += Number(ready) - Number(this.#pods.get(name) ?? false);
      if (type === 'DELETED') this.#pods.delete(name);
      else this.#pods.set(name, ready);
    }
    this.#samples.push({ ms: performance.now() - this.#began, ready: this.#ready });
    this.#waiting?.();
  }

  get pods(): number {
    return this.#pods.size;
  }

  get ready(): number {
    return this.#ready;
  }

  /** The newest generation is on every node, available, and the status says so. */
  get rolledOut(): boolean {
    const { metadata, status = {} } = this.#facts ?? {};
    const { desiredNumberScheduled: desired = -1, updatedNumberScheduled = 0, numberAvailable = 0 } = status;
    const seen = metadata !== undefined && status.observedGeneration === metadata.generation;
    return seen && updatedNumberScheduled === desired && numberAvailable === desired;
  }

  get generation(): number {
    return this.#facts?.metadata.generation ?? 0;
  }

  /** Starts the clock and the curve anew. */
  begin(): void {
    this.#began = performance.now();
    this.#samples = [{ ms: 0, ready: this.#ready }];
    this.#events = 0;
  }

  /** Resolves with ms since `begin` once the condition holds. Rejects at the deadline, and when a watch ends. */
  async until(what: string, condition: () => boolean, deadlineMs: number): Promise<number> {
    let expired = false;
    const timer = setTimeout(() => {
      expired = true;
      this.#waiting?.();
    }, deadlineMs);
    try {
      while (!condition()) {
        if (this.#failed) throw this.#failed;
        if (expired) {
          throw new Error(`${what}: not within ${deadlineMs} ms (${this.#pods.size} pods, ${this.#ready} ready)`);
        }
        await new Promise<void>((resolve) => {
          this.#waiting = resolve;
        });
      }
      return performance.now() - this.#began;
    } finally {
      clearTimeout(timer);
      this.#waiting = undefined;
    }
  }

  /** At most a thousand points, the last one among them. */
  curve(): Sample[] {
    const step = Math.max(1, Math.ceil(this.#samples.length / 1000));
    return this.#samples.filter((_, i) => i % step === 0 || i === this.#samples.length - 1);
  }

  /** Pod events since `begin`. */
  get events(): number {
    return this.#events;
  }

  close(): void {
    for (const stop of this.#stops) stop();
  }
}
