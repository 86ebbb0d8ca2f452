import { now } from '../record/clock.js';
import { EDIT } from '../record/facts.js';
import type { Recorder } from '../record/recorder.js';
import type { KubeClient } from './kube-client.js';
import { NAMESPACE, nextOperation, outcomeOf } from './recorded-calls.js';

const ROOTS = {
  'daemonsets.apps': { path: `/apis/apps/v1/namespaces/${NAMESPACE}/daemonsets`, namespace: NAMESPACE },
  nodes: { path: '/api/v1/nodes', namespace: '' },
} as const;

const PATIENCE_MS = 5000;

/** Edits objects that controllers and agents write, too, by merge patch. An annotation names each edit. */
export class RecordedEdits {
  readonly #name: string;
  readonly #client: KubeClient;
  readonly #recorder: Recorder;

  constructor(name: string, client: KubeClient, recorder: Recorder) {
    this.#name = name;
    this.#client = client;
    this.#recorder = recorder;
  }

  async edit(resource: keyof typeof ROOTS, object: string, patch: { metadata?: object; spec?: object }): Promise<void> {
    const { path, namespace } = ROOTS[resource];
    const id = nextOperation();
    const value = String(id);
    const action = { do: 'edit', value } as const;
    const began = now();
    const answer = await this.#client.call({
      method: 'PATCH',
      path: `${path}/${object}`,
      body: { ...patch, metadata: { ...patch.metadata, annotations: { [EDIT]: value } } },
      contentType: 'application/merge-patch+json',
      patienceMs: PATIENCE_MS,
    });
    this.#recorder.add({
      entry: 'operation',
      id,
      client: this.#name,
      key: `${resource} ${namespace}/${object}`,
      action,
      began,
      ended: now(),
      ...outcomeOf(answer, action),
    });
  }
}
