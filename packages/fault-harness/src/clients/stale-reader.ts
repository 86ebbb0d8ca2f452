import { now } from '../record/clock.js';
import type { Recorder } from '../record/recorder.js';
import type { SeededRandom } from '../run/random.js';
import { type RunningClient, repeat } from './client.js';
import type { KubeClient } from './kube-client.js';
import { NAMESPACE } from './recorded-calls.js';

const PATIENCE_MS = 5000;

interface List {
  metadata: { resourceVersion: string };
  items: { metadata: { name: string; namespace: string; resourceVersion: string } }[];
}

/**
 * Reads with `resourceVersion=0`: what a cache has will do, however old, as long as a list is the state at the revision
 * that it names. Whatever is broken, a replica with a cache answers.
 */
export function staleReader(client: KubeClient, recorder: Recorder, random: SeededRandom): RunningClient {
  const list = `/api/v1/namespaces/${NAMESPACE}/configmaps?resourceVersion=0`;
  const daemonSet = `/apis/apps/v1/namespaces/${NAMESPACE}/daemonsets/rolling?resourceVersion=0`;
  const watch = 'stale-reader';
  const scope = { resource: 'configmaps', namespace: NAMESPACE };
  return repeat(
    async () => {
      const path = random.chance(0.5) ? list : daemonSet;
      const began = now();
      const answer = await client.call({ method: 'GET', path, patienceMs: PATIENCE_MS });
      const times = { path, began, ended: now(), reused: answer.reused };
      if ('noAnswer' in answer) {
        recorder.add({ entry: 'stale-read', ...times, error: answer.noAnswer, warned: false });
        return;
      }
      recorder.add({ entry: 'stale-read', ...times, status: answer.status, warned: answer.warned });
      if (answer.status !== 200 || path !== list) return;
      const { metadata, items } = answer.body as List;
      recorder.add({
        entry: 'watch',
        what: 'list',
        watch,
        scope,
        at: now(),
        revision: Number(metadata.resourceVersion),
        items: items.map(({ metadata: one }) => `${one.namespace}/${one.name} ${one.resourceVersion}`),
      });
    },
    () => random.between(500, 1500),
  );
}
