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

/** Creates an object unless it exists. The files only hold DaemonSets. */
async function createIfMissing(api: ApiClient, object: KubernetesObject): Promise<void> {
  const namespace = object.metadata.namespace ?? 'default';
  const path = `/apis/apps/v1/namespaces/${namespace}/daemonsets`;
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
