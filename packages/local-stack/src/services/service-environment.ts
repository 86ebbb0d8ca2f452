import { join, parse } from 'node:path';
import type { BusCredential } from '@everynode/bus-credentials';
import type { ClusterCertificates } from '../state/certificates.js';

/** Where the bus is and who may use it: the stack's own, or the user's. No two processes share a credential. */
export interface BusAccess {
  url: string;
  /** The file with the secret of its accounts, for those that issue credentials. */
  authorityFile: string;
  /** Returns the credential of a service. */
  service(name: string): Promise<BusCredential>;
  /** Returns the credential of an agent. */
  agent(name: string): Promise<BusCredential>;
}

/** Variables that decide what a service connects to: services get the stack's, not those of the stack's environment. */
const DECIDED =
  /^(DATABASE_URL|NATS_.*|EVERYNODE_(REPLICA|AGENT|NODES_FILE|HEALTH_.*|API_.*|TLS_.*|ENCRYPTION_KEYS|ENROLMENTS|CLIENT_CA|CA_KEY|SERVICE_ACCOUNT_KEY))$/;

/** What every service inherits of the stack's environment. */
export function inheritedEnvironment(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([variable]) => !DECIDED.test(variable)));
}

/**
 * The audit log of one process, which puts its own aside when that is long: `audit-NAME.log` for `audit.log`. Empty
 * where `EVERYNODE_AUDIT_LOG=` turns it off.
 */
export function auditLogOf(process: string, path: string): string {
  if (path === '') return '';
  const { dir, name, ext } = parse(path);
  return join(dir, `${name}-${process}${ext}`);
}

function busEnvironment(url: string, { caFile, credentialsFile }: BusCredential): NodeJS.ProcessEnv {
  return { NATS_URL: url, NATS_CREDS: credentialsFile, NATS_CA: caFile };
}

/** What one replica of a service connects to the bus with. */
export async function replicaEnvironment(bus: BusAccess, replica: string): Promise<NodeJS.ProcessEnv> {
  return busEnvironment(bus.url, await bus.service(replica));
}

export function apiEnvironment(
  databaseUrl: string,
  { authorityFile }: Pick<BusAccess, 'authorityFile'>,
  certificates: ClusterCertificates,
  endpoint: string,
): NodeJS.ProcessEnv {
  return {
    DATABASE_URL: databaseUrl,
    NATS_AUTHORITY: authorityFile,
    EVERYNODE_API_HOST: '127.0.0.1',
    EVERYNODE_API_PORT: '0',
    EVERYNODE_TLS_CERT: certificates.serving.certificateFile,
    EVERYNODE_TLS_KEY: certificates.serving.keyFile,
    EVERYNODE_CLIENT_CA: certificates.caFile,
    EVERYNODE_CA_KEY: certificates.caKeyFile,
    EVERYNODE_API_URL: endpoint,
    EVERYNODE_SERVICE_ACCOUNT_KEY: certificates.serviceAccountKeyFile,
  };
}

export async function agentEnvironment(bus: BusAccess, agent: string, nodesFile: string): Promise<NodeJS.ProcessEnv> {
  return {
    ...busEnvironment(bus.url, await bus.agent(agent)),
    EVERYNODE_AGENT: agent,
    EVERYNODE_NODES_FILE: nodesFile,
  };
}
