import { type Fleet, nodeNames } from '@everynode/local-stack';
import { AGENT_ANNOTATION } from '@everynode/objects';
import type { ApiClient } from './api-client.js';
import { bodyOf, type ClusterFlags, openCluster } from './cluster.js';

const NODES = '/api/v1/nodes';
const METADATA_ONLY = 'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1';

export interface MoveNodesFlags extends ClusterFlags {
  to: string;
}

interface Listed {
  items: { metadata: { name: string; annotations?: Record<string, string> } }[];
}

/** Says which agent is to host a node. The former one ends the node's pods, and the other one runs them. */
async function moveNode(api: ApiClient, name: string, agent: string): Promise<void> {
  const body = { metadata: { annotations: { [AGENT_ANNOTATION]: agent } } };
  const contentType = 'application/merge-patch+json';
  bodyOf(`moving node ${name}`, await api.call('PATCH', `${NODES}/${name}`, { body, contentType }));
}

/** Moves nodes to an agent, and says so. */
export async function moveNodes(names: readonly string[], { to, ...flags }: MoveNodesFlags): Promise<void> {
  const { api } = await openCluster(flags);
  try {
    for (const name of names) {
      await moveNode(api, name, to);
      process.stdout.write(`node ${name} is ${to}'s\n`);
    }
  } finally {
    api.close();
  }
}

/**
 * Moves the nodes that another agent of an earlier fleet hosts. It is the administrator of the cluster that asks for
 * another fleet. Nodes that are not known yet are left to their agents.
 */
export async function moveToFleet(api: ApiClient, fleet: Fleet): Promise<void> {
  const { items } = bodyOf('listing nodes', await api.call('GET', NODES, { accept: METADATA_ONLY })) as Listed;
  const hosts = new Map(items.map(({ metadata }) => [metadata.name, metadata.annotations?.[AGENT_ANNOTATION]]));
  const moves = fleet.agents.flatMap(({ agent, file }) =>
    nodeNames(file)
      .filter((name) => hosts.has(name) && hosts.get(name) !== agent)
      .map((name) => moveNode(api, name, agent)),
  );
  await Promise.all(moves);
}
