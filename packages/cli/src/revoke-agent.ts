import { bodyOf, type ClusterFlags, openCluster } from './cluster.js';

/** Ends every credential of an agent, whatever it hosts. Its Nodes stay. */
export async function revokeAgent(agent: string, flags: ClusterFlags): Promise<void> {
  const { api } = await openCluster(flags);
  try {
    const path = `/apis/agents.everynode.io/v1/agents/${encodeURIComponent(agent)}/revoke`;
    bodyOf(`revoking agent ${agent}`, await api.call('POST', path));
  } finally {
    api.close();
  }
  process.stdout.write(
    `${agent} is revoked: its certificates and its credentials of the bus are refused. Its nodes stay; move them with\n` +
      'everynode nodes move NODE --to AGENT, or delete them. Delete the token that it has joined with: everynode token delete\n',
  );
}
