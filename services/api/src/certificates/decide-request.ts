import { isOwnSigner, readSigningRequest, refusalOf, SIGNERS, type SigningRequest } from '@everynode/certificates';
import type { CertificateSigningRequest } from '@everynode/objects';

/** What a client must be allowed to create, so that its request is approved without a person. */
export type ApprovalRight = 'nodeclient' | 'selfnodeclient';

/** What is to be done about a request. */
export type RequestStep =
  | { kind: 'nothing' }
  | { kind: 'approve'; rights: { right: ApprovalRight; message: string }[] }
  | { kind: 'fail'; message: string }
  | { kind: 'sign' };

const NOTHING: RequestStep = { kind: 'nothing' };
const RIGHTS = {
  selfnodeclient: 'Auto approving self kubelet client certificate after SubjectAccessReview.',
  nodeclient: 'Auto approving kubelet client certificate after SubjectAccessReview.',
} as const;

/**
 * The next step for a request. Source: pkg/controller/certificates/approver/sarapprove.go, signer/signer.go.
 */
export function nextStep({ spec, status }: CertificateSigningRequest): RequestStep {
  const has = (type: string) => status?.conditions?.some((one) => one.type === type && one.status === 'True') ?? false;
  if (!spec || !isOwnSigner(spec.signerName) || status?.certificate || has('Denied') || has('Failed')) return NOTHING;
  const request = readRequest(spec.request);
  const refusal = request instanceof Error ? request.message : refusalOf(spec.signerName, request, spec.usages ?? []);
  if (has('Approved')) return refusal === undefined ? { kind: 'sign' } : { kind: 'fail', message: refusal };
  if (refusal !== undefined || request instanceof Error || spec.signerName !== SIGNERS.kubeletClient) return NOTHING;
  const isSelf = spec.username === request.commonName;
  const rights: ApprovalRight[] = isSelf ? ['selfnodeclient', 'nodeclient'] : ['nodeclient'];
  return { kind: 'approve', rights: rights.map((right) => ({ right, message: RIGHTS[right] })) };
}

function readRequest(request: string): SigningRequest | Error {
  try {
    return readSigningRequest(Buffer.from(request, 'base64').toString());
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}

const HOUR_MS = 3600_000;
/** Source: pkg/controller/certificates/cleaner/cleaner.go. */
const KEPT = { approved: HOUR_MS, denied: HOUR_MS, failed: HOUR_MS, pending: 24 * HOUR_MS };

/**
 * When a request is to be deleted, in ms since the epoch: an hour after the last decision, a day after a creation
 * without one, and when its certificate has ended.
 */
export function deletionTime(
  { metadata, status }: CertificateSigningRequest,
  certificateEnd: number | undefined,
): number {
  const created = Date.parse(metadata?.creationTimestamp ?? '') || 0;
  const decided = (type: string): number | undefined => {
    const condition = status?.conditions?.find((one) => one.type === type);
    return condition && (Date.parse(condition.lastUpdateTime ?? '') || created);
  };
  const ends = [
    ['Denied', KEPT.denied],
    ['Failed', KEPT.failed],
    ['Approved', KEPT.approved],
  ] as const;
  const times = ends.flatMap(([type, kept]) => {
    const at = decided(type);
    return at === undefined ? [] : [at + kept];
  });
  if (times.length === 0) times.push(created + KEPT.pending);
  if (certificateEnd !== undefined) times.push(certificateEnd);
  return Math.min(...times);
}
