import { createSigningRequest, NODE_USER_PREFIX, NODES_GROUP, SIGNERS } from '@everynode/certificates';
import { isAgentName } from '@everynode/contract';
import { pause } from '@everynode/service-shell';
import type { AgentDirectory, Answer, BusAnswer } from './agent-directory.js';
import { type ApiAccess, ask, RefusedError } from './api.js';

const REQUESTS = '/apis/certificates.k8s.io/v1/certificatesigningrequests';
const POLL_MS = 500;

export interface WantedCertificate {
  agent: string;
  /** Nodes that the agent is to host beside the one of its name, as names or `prefix*`. */
  nodeNames?: readonly string[];
  /** Where the keys of the request are kept until it is answered. */
  directory: AgentDirectory;
  lifetimeSeconds: number;
}

interface Request {
  metadata: { name: string; annotations?: Record<string, string> };
  status?: { certificate?: string; conditions?: { type: string; message?: string }[] };
}

/** The signer has refused a request: asked again in the same way, it refuses again. */
class FailedRequestError extends Error {
  override readonly name = 'FailedRequestError';
  readonly retryable = false;
}

/**
 * Asks for a certificate and waits until it is there, however long a person takes to approve. The request asks for a
 * credential of the bus too, by an annotation with a public key of the bus; annotations beside the certificate answer
 * it. A name that is none of the bus, as a node's with dots, gets a certificate alone.
 * @throws RefusedError, and Error for a request that was denied, and when the signal aborts.
 */
export async function requestCertificate(
  access: ApiAccess,
  { agent, nodeNames = [], directory, lifetimeSeconds }: WantedCertificate,
  signal: AbortSignal,
): Promise<Answer> {
  const { key, busKey } = await directory.pendingKeys();
  const request = await createSigningRequest(key, {
    commonName: `${NODE_USER_PREFIX}${agent}`,
    organisations: [NODES_GROUP],
  });
  const created = await ask<Request>(access, 'POST', REQUESTS, {
    apiVersion: 'certificates.k8s.io/v1',
    kind: 'CertificateSigningRequest',
    metadata: {
      generateName: 'agent-csr-',
      annotations: {
        ...(isAgentName(agent) && { 'everynode.io/bus-key': busKey.publicKey }),
        ...(nodeNames.length > 0 && { 'everynode.io/node-names': nodeNames.join(',') }),
      },
    },
    spec: {
      request: Buffer.from(request).toString('base64'),
      signerName: SIGNERS.kubeletClient,
      usages: ['digital signature', 'client auth'],
      expirationSeconds: lifetimeSeconds,
    },
  });
  try {
    return await answerTo(access, created.metadata.name, signal);
  } catch (error) {
    // Its node may have been deleted after a request of before was signed: then the key of the bus is revoked for good.
    if (error instanceof FailedRequestError) await directory.forgetBusKey();
    throw error;
  }
}

async function answerTo(access: ApiAccess, name: string, signal: AbortSignal): Promise<Answer> {
  for (;;) {
    signal.throwIfAborted();
    const { status, metadata } = await look(access, name);
    if (status?.certificate) {
      const certificate = Buffer.from(status.certificate, 'base64').toString();
      return { certificate, bus: busAnswer(metadata?.annotations ?? {}) };
    }
    for (const { type, message = '' } of status?.conditions ?? []) {
      if (type === 'Denied') throw new Error(`${name} is denied: ${message}`);
      if (type === 'Failed') throw new FailedRequestError(`${name} is failed: ${message}`);
    }
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

function busAnswer(annotations: Record<string, string>): BusAnswer | undefined {
  const [credential, url, ca] = ['credential', 'url', 'authority'].map(
    (name) => annotations[`everynode.io/bus-${name}`],
  );
  return credential && url && ca ? { credential, url, ca } : undefined;
}
