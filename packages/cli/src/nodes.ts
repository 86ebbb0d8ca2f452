import { type AddedNodes, ControlClient, type NodeSpec, type StatePaths, type Taint } from '@everynode/local-stack';
import { ApiClient, messageOf } from './api-client.js';
import { labelAsAdministrator, labelsOfNode } from './label-nodes.js';
import { untilNodesReady } from './progress.js';

const READY_DEADLINE_MS = 60_000;

export interface AddNodesFlags {
  count?: number;
  labels?: Record<string, string>;
  taints?: Taint[];
}

/** Adds nodes to a running cluster, on an agent of their own, and waits until they are Ready. */
export async function addNodes(paths: StatePaths, names: string[], flags: AddNodesFlags): Promise<void> {
  const control = new ControlClient(paths.run);
  if ((names.length === 0) === (flags.count === undefined)) {
    throw new Error('Give names of nodes, or --count with a number: everynode nodes add k8s-04 k8s-05');
  }
  const { endpoint } = await control.status();
  const { labels = {} } = flags;
  const wanted = { ...flags, labels: labelsOfNode(labels) };
  const api = await ApiClient.open(endpoint, paths);
  let added: AddedNodes;
  try {
    const absent = await absentNodes(api, names);
    added = await control.addNodes(names.length > 0 ? { ...wanted, names, absent } : wanted);
    for (const node of added.again) await createNode(api, node);
    await untilNodesReady(api, {
      enough: (ready) => added.nodes.every((name) => ready.has(name)),
      deadlineMs: READY_DEADLINE_MS,
    });
    await labelAsAdministrator(api, added.nodes, labels);
  } finally {
    api.close();
  }
  const [first = '', ...others] = added.nodes;
  const which = others.length === 0 ? `node ${first} is` : `${added.nodes.length} nodes are`;
  process.stdout.write(`${which} Ready, hosted by ${added.agent}\n`);
}

/** Those of the names that no Node object has. */
async function absentNodes(api: ApiClient, names: readonly string[]): Promise<string[]> {
  const absent: string[] = [];
  for (const name of names) {
    const { status } = await api.call('GET', `/api/v1/nodes/${encodeURIComponent(name)}`);
    if (status === 404) absent.push(name);
  }
  return absent;
}

/** Makes a Node that was deleted. Its agent still runs, and registers it at its next heartbeat. */
async function createNode(api: ApiClient, { name, labels, taints }: NodeSpec): Promise<void> {
  const metadata = { name, ...(labels && { labels }) };
  const body = { apiVersion: 'v1', kind: 'Node', metadata, spec: { ...(taints && { taints }) } };
  const { status, body: answer } = await api.call('POST', '/api/v1/nodes', { body });
  if (status !== 201) throw new Error(`creating the node ${name}: ${status} ${messageOf(answer)}`);
}
