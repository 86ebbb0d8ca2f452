import { X509Certificate } from 'node:crypto';
import {
  BOOTSTRAP_NAMESPACE,
  type CertificateSigningRequest,
  isBootstrapTokenExpired,
  type ResourceName,
  readBootstrapToken,
  resourceByStorage,
  type Secret,
} from '@everynode/objects';
import { pause } from '@everynode/service-shell';
import type { ApiContext } from '../api-context.js';
import { commit } from '../write/commit.js';
import { deletionTime } from './decide-request.js';

const REQUESTS = 'certificatesigningrequests.certificates.k8s.io';

/**
 * Deletes requests for certificates whose time is over, and bootstrap tokens that have expired, again and again until
 * the service stops. It calls `afterwards` each time. Every replica does it: what one has deleted, the others find
 * gone. Source: pkg/controller/certificates/cleaner, pkg/controller/bootstrap/tokencleaner.go.
 */
export async function deleteExpired(context: ApiContext, intervalMs: number, afterwards: () => void): Promise<void> {
  const { signal, log } = context;
  while (!signal.aborted) {
    try {
      await sweep(context, Date.now());
    } catch (err) {
      log.warn({ err }, 'expired certificate requests and bootstrap tokens could not be deleted');
    }
    afterwards();
    await pause(intervalMs, signal);
  }
}

async function sweep(context: ApiContext, now: number): Promise<void> {
  const { reflector } = context;
  for (const { record, object } of reflector.cache(REQUESTS).list()) {
    const request = object as CertificateSigningRequest;
    if (deletionTime(request, certificateEnd(request)) <= now) {
      await deleteUid(context, REQUESTS, '', record.name, record.uid);
    }
  }
  for (const { record, object } of reflector.cache('secrets').list(BOOTSTRAP_NAMESPACE)) {
    const token = readBootstrapToken(object as Secret);
    if (token && isBootstrapTokenExpired(token, now)) {
      await deleteUid(context, 'secrets', BOOTSTRAP_NAMESPACE, record.name, record.uid);
    }
  }
}

/** In ms since the epoch; undefined where there is no certificate, and for a text that is none. */
function certificateEnd({ status }: CertificateSigningRequest): number | undefined {
  if (!status?.certificate) return undefined;
  try {
    return Date.parse(new X509Certificate(Buffer.from(status.certificate, 'base64')).validTo);
  } catch {
    return undefined; // A signer of another kind may have written anything.
  }
}

async function deleteUid(context: ApiContext, resource: ResourceName, namespace: string, name: string, uid: string) {
  await commit(context, {
    target: { definition: resourceByStorage(resource), namespace, name },
    dryRun: false,
    decide: (current) => (current?.uid === uid ? { kind: 'delete' } : { kind: 'keep' }),
  });
}
