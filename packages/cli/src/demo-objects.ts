import { readFile, writeFile } from 'node:fs/promises';
import { DEMO_MASTERS, MASTER_ROLE, type StatePaths } from '@everynode/local-stack';
import { parseAllDocuments } from 'yaml';
import { type ApiClient, type KubernetesObject, messageOf } from './api-client.js';
import { example } from './checkout.js';
import { labelAsAdministrator } from './label-nodes.js';

const FILES = ['calico-node.yaml', 'kube-proxy.yaml'];

async function readObjects(file: string): Promise<KubernetesObject[]> {
  const documents = parseAllDocuments(await readFile(example(file), 'utf8'));
  return documents.map((document) => document.toJS() as KubernetesObject);
}

/** Where objects of the kinds in these files are created, by namespace. */
const PATHS: Readonly<Record<string, (namespace: string) => string>> = {
  ConfigMap: (namespace) => `/api/v1/namespaces/${namespace}/configmaps`,
  DaemonSet: (namespace) => `/apis/apps/v1/namespaces/${namespace}/daemonsets`,
};

/** Creates an object unless it exists. */
async function createIfMissing(api: ApiClient, object: KubernetesObject): Promise<void> {
  const path = PATHS[object.kind]?.(object.metadata.namespace ?? 'default');
  if (path === undefined) throw new Error(`the demo has no ${object.kind}`);
  const { status, body } = await api.call('POST', path, { body: object });
  if (status !== 201 && status !== 409) {
    throw new Error(`creating ${object.kind} ${object.metadata.name}: ${status} ${messageOf(body)}`);
  }
}

/**
 * Gives the masters their role and creates what runs on the demo cluster, and records that: what the user deletes later
 * stays deleted.
 */
export async function createDemoObjects(api: ApiClient, paths: StatePaths): Promise<void> {
  await labelAsAdministrator(api, DEMO_MASTERS, { [MASTER_ROLE]: '' });
  for (const file of FILES) {
    for (const object of await readObjects(file)) await createIfMissing(api, object);
  }
  await writeFile(paths.demoCreated, `${FILES.join('\n')}\n`, { mode: 0o600 });
}
