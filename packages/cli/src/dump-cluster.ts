import { ControlClient } from '@everynode/local-stack/control';
import type { KubeObject } from '@everynode/objects';
import { objectsIn } from '@everynode/simulation';
import { ApiClient } from './api-client.js';
import { checkoutState } from './checkout.js';

/** What a simulation takes from a cluster. */
const LISTS = [
  '/api/v1/nodes',
  '/api/v1/namespaces',
  '/api/v1/pods',
  '/apis/apps/v1/controllerrevisions',
  '/apis/apps/v1/daemonsets',
  '/apis/policy/v1/poddisruptionbudgets',
  '/apis/scheduling.k8s.io/v1/priorityclasses',
];

/** The objects of the running cluster that a simulation reads. @throws Error with the message of the api. */
export async function dumpCluster(): Promise<KubeObject[]> {
  const paths = checkoutState();
  const { endpoint } = await new ControlClient(paths.run).status();
  const client = await ApiClient.open(endpoint, paths);
  try {
    const lists = await Promise.all(
      LISTS.map(async (list) => {
        const { status, body } = await client.call('GET', list);
        if (status !== 200) throw new Error((body as { message?: string }).message ?? `the api answers ${status}`);
        return objectsIn(body, list);
      }),
    );
    return lists.flat();
  } finally {
    client.close();
  }
}
