import { createSigningRequest, NODE_USER_PREFIX, NODES_GROUP, SIGNERS } from '@everynode/certificates';
import { pause } from '@everynode/service-shell';
import { type ApiAccess, ask, RefusedError } from './api.js';

const REQUESTS = '/apis/certificates.k8s.io/v1/certificatesigningrequests';
const POLL_MS = 500;

export interface WantedCertificate {
  agent: string;
  /** Nodes that the agent is to host beside the one of its name, as names or `prefix*`. */
  nodeNames?: readonly string[];
  /** PEM of the private key. */
  key: string;
  lifetimeSeconds: number;
}

interface Request {
  metadata: { name: string };
  status?: { certificate?: string; conditions?: { type: string; message?: string }[] };
}

/**
 * Asks for a certificate and waits until it is there, however long a person takes to approve. The answer's place for a
 * credential of the bus is the request too: a public key of the bus as an annotation of the request, and what the
 * cluster answers to it as an annotation beside the certificate.
 * @returns its PEM.
 * @throws RefusedError, and Error for a request that was denied, and when the signal aborts.
 */
export async function requestCertificate(
  access: ApiAccess,
  { agent, nodeNames = [], key, lifetimeSeconds }: WantedCertificate,
  signal: AbortSignal,
): Promise<string> {
  const request = await createSigningRequest(key, {
    commonName: `${NODE_USER_PREFIX}${agent}`,
    organisations: [NODES_GROUP],
  });
  const created = await ask<Request>(access, 'POST', REQUESTS, {
    apiVersion: 'certificates.k8s.io/v1',
    kind: 'CertificateSigningRequest',
    metadata: {
      generateName: 'agent-csr-',
      ...(nodeNames.length > 0 && { annotations: { 'everynode.io/node-names': nodeNames.join(',') } }),
    },
    spec: {
      request: Buffer.from(request).toString('base64'),
      signerName: SIGNERS.kubeletClient,
      usages: ['digital signature', 'client auth'],
      expirationSeconds: lifetimeSeconds,
    },
  });
  return await certificateOf(access, created.metadata.name, signal);
}

async function certificateOf(access: ApiAccess, name: string, signal: AbortSignal): Promise<string> {
  for (;;) {
    signal.throwIfAborted();
    const { status } = await look(access, name);
    if (status?.certificate) return Buffer.from(status.certificate, 'base64').toString();
    const refused = status?.conditions?.find(({ type }) => type === 'Denied' || type === 'Failed');
    if (refused) throw new Error(`${name} is ${refused.type.toLowerCase()}: ${refused.message ?? ''}`);
    await pause(POLL_MS, signal);
  }
}

async function look(access: ApiAccess, name: string): Promise<Partial<Request>> {
  try {
    return await ask<Request>(access, 'GET', `${REQUESTS}/${name}`);
  } catch (error) {
    // A person may be about to approve: a short outage must not end the wait.
    if (error instanceof RefusedError) throw error;
    return {};
  }
}
