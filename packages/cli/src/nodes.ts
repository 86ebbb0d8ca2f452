import { ControlClient, type StatePaths, type Taint } from '@everynode/local-stack';
import { ApiClient } from './api-client.js';
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
  const added = await control.addNodes(names.length > 0 ? { ...wanted, names } : wanted);
  const api = await ApiClient.open(endpoint, paths);
  try {
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
