import { appendClient } from '../clients/append-client.js';
import type { RunningClient } from '../clients/client.js';
import { repeat } from '../clients/client.js';
import { DAEMON_SETS, daemonSetEditor, daemonSetObject, editAll, labelFlipper } from '../clients/daemonset-editor.js';
import { KubeClient } from '../clients/kube-client.js';
import { NAMESPACE, RecordedCalls } from '../clients/recorded-calls.js';
import { RecordedEdits } from '../clients/recorded-edits.js';
import { registerClient, SharedObjects } from '../clients/register-clients.js';
import { staleReader } from '../clients/stale-reader.js';
import { FLIPPED, type WatchOptions, watchClient } from '../clients/watch-client.js';
import type { Cluster } from '../cluster/cluster.js';
import type { Recorder } from '../record/recorder.js';
import type { SeededRandom } from './random.js';

const REGISTER_CLIENTS = 4;
const SHARED_OBJECTS = 3;
const FLIPPED_NODES = 12;
/** A client hangs up after so long. Some have less patience than an outage lasts, some more. */
const PATIENCES_MS = [2000, 5000, 12_000, 5000];
const SET_UP_MS = 10_000;

/** The clients of a run. */
export class Workload {
  readonly #clients: RunningClient[] = [];
  readonly #connections: KubeClient[] = [];
  #mayEdit = true;

  setEditing(may: boolean): void {
    this.#mayEdit = may;
  }

  /** Creates what the clients work on, and starts them. */
  async start(cluster: Cluster, recorder: Recorder, random: SeededRandom): Promise<void> {
    const door = await this.#open(cluster);
    await setUp(door);
    const mayEdit = () => this.#mayEdit;
    const objects = new SharedObjects('register', SHARED_OBJECTS);
    for (let number = 1; number <= REGISTER_CLIENTS; number += 1) {
      const patience = PATIENCES_MS[number % PATIENCES_MS.length] ?? SET_UP_MS;
      const calls = new RecordedCalls(`register-${number}`, await this.#open(cluster), recorder, patience);
      this.#clients.push(registerClient(calls, objects, random.fork()));
    }
    const appends = new RecordedCalls('append-1', await this.#open(cluster), recorder, 5000);
    this.#clients.push(appendClient('list', appends, random.fork()));
    this.#clients.push(hangingUp(new RecordedCalls('hang-up', door, recorder, 5000), random.fork()));
    this.#clients.push(staleReader(door, recorder, random.fork()));
    const edits = new RecordedEdits('daemonset-editor', door, recorder);
    this.#clients.push(daemonSetEditor(edits, random.fork(), mayEdit));
    const nodes = Array.from({ length: FLIPPED_NODES }, (_, at) => `node-${String(at + 1).padStart(5, '0')}`);
    const flips = new RecordedEdits('label-flipper', door, recorder);
    this.#clients.push(labelFlipper(flips, nodes, random.fork(), mayEdit));
    await this.#startWatches(cluster, recorder, random);
  }

  /** Begins a rollout of every DaemonSet. */
  async rollOut(cluster: Cluster, recorder: Recorder): Promise<void> {
    await editAll(new RecordedEdits('roll-out', await this.#open(cluster), recorder), 'undisturbed');
  }

  async stop(): Promise<void> {
    await Promise.all(this.#clients.map((client) => client.stop()));
    for (const connection of this.#connections) connection.close();
  }

  async #startWatches(cluster: Cluster, recorder: Recorder, random: SeededRandom): Promise<void> {
    const configMaps = { resource: 'configmaps', namespace: NAMESPACE };
    const pods = { resource: 'pods', namespace: NAMESPACE };
    const nodes = { resource: 'nodes', namespace: '', labelSelector: `${FLIPPED}=on` };
    const door = await this.#open(cluster);
    const shared = { recorder, random: random.fork() };
    const watches: WatchOptions[] = [
      { ...shared, name: 'configmaps-by-door', scope: configMaps, client: door },
      { ...shared, name: 'configmaps-leaving', scope: configMaps, client: door, leaves: true },
      { ...shared, name: 'pods-by-door', scope: pods, client: door },
      { ...shared, name: 'pods-slow', scope: pods, client: door, slow: true },
      { ...shared, name: 'nodes-selected', scope: nodes, client: door },
      { ...shared, name: 'nodes-leaving', scope: nodes, client: door, leaves: true },
      { ...shared, name: 'pods-timed', scope: pods, client: door, timeoutSeconds: 4 },
      { ...shared, name: 'configmaps-streamed', scope: configMaps, client: door, timeoutSeconds: 5, streamsList: true },
      { ...shared, name: 'daemonsets', scope: { resource: 'daemonsets.apps', namespace: NAMESPACE }, client: door },
    ];
    for (let number = 1; number <= cluster.size.apiReplicas; number += 1) {
      const client = await this.#open(cluster, cluster.routes.of(`api-${number}`).apiPort);
      watches.push({ ...shared, name: `configmaps-of-api-${number}`, scope: configMaps, client });
      watches.push({ ...shared, name: `pods-of-api-${number}`, scope: pods, client });
    }
    for (const watch of watches) this.#clients.push(watchClient(watch));
  }

  async #open(cluster: Cluster, port?: number): Promise<KubeClient> {
    const client = await KubeClient.open(cluster.kubeconfig, port);
    this.#connections.push(client);
    return client;
  }
}

/** @throws Error when something cannot be created. */
async function setUp(client: KubeClient): Promise<void> {
  const create = async (path: string, body: object) => {
    const answer = await client.call({ method: 'POST', path, body, patienceMs: SET_UP_MS });
    if (!('status' in answer) || answer.status !== 201) throw new Error(`POST ${path}: ${JSON.stringify(answer)}`);
  };
  await create('/api/v1/namespaces', { metadata: { name: NAMESPACE } });
  for (const daemonSet of DAEMON_SETS) {
    await create(`/apis/apps/v1/namespaces/${NAMESPACE}/daemonsets`, daemonSetObject(daemonSet));
  }
}

function hangingUp(calls: RecordedCalls, random: SeededRandom): RunningClient {
  let count = 0;
  return repeat(
    async () => {
      count += 1;
      await calls.hangUp(`hung-up-${count}`);
    },
    () => random.between(500, 2000),
  );
}
