/** A user as audit events name it: audit.k8s.io/v1, UserInfo. */
interface AuditedUser {
  username: string;
  groups: string[];
  extra: Record<string, string[]>;
}

/**
 * The identity that the api knows an agent by, for what it does over the bus. Its credential is its account, which the
 * server of the bus has checked, with the keys that it has now: which of them sent a message the server does not tell.
 */
export function busUser(agent: string, keys: readonly string[]): AuditedUser {
  const credentials = [`NATS-ACCOUNT=agent ${agent}`, ...keys.map((key) => `NKEY=${key}`)];
  return {
    username: `system:node:${agent}`,
    groups: ['system:nodes', 'system:authenticated'],
    extra: { 'authentication.kubernetes.io/credential-id': credentials },
  };
}
