import { type CertificateUse, isCertificateUse } from './issue-certificate.js';
import type { SigningRequest } from './signing-request.js';

/** What the cluster's own authority signs. Source: pkg/controller/certificates/signer/signer.go. */
export const SIGNERS = {
  client: 'kubernetes.io/kube-apiserver-client',
  kubeletClient: 'kubernetes.io/kube-apiserver-client-kubelet',
  kubeletServing: 'kubernetes.io/kubelet-serving',
} as const;

export const NODES_GROUP = 'system:nodes';
export const NODE_USER_PREFIX = 'system:node:';

/** The name of the node whose user this is; undefined for another user. */
export function nodeOfUser(user: string): string | undefined {
  return user.startsWith(NODE_USER_PREFIX) && user.length > NODE_USER_PREFIX.length
    ? user.slice(NODE_USER_PREFIX.length)
    : undefined;
}

/**
 * Why a signer must not sign a request; undefined where it may. Signers that are none of ours are not asked.
 * Source: pkg/apis/certificates/helpers.go, ValidateKubeletClientCSR, ValidateKubeletServingCSR.
 */
export function refusalOf(signer: string, request: SigningRequest, usages: readonly string[]): string | undefined {
  switch (signer) {
    case SIGNERS.client:
      return clientRefusal(usages);
    case SIGNERS.kubeletClient:
      return nodeRefusal(request) ?? kubeletClientNames(request) ?? usageRefusal(usages, 'client auth');
    case SIGNERS.kubeletServing:
      return nodeRefusal(request) ?? servingNames(request) ?? usageRefusal(usages, 'server auth');
    default:
      return `${signer} is no signer of this cluster`;
  }
}

export const isOwnSigner = (signer: string): boolean => Object.values<string>(SIGNERS).includes(signer);

/** The uses of a checked request. */
export const usesOf = (usages: readonly string[]): CertificateUse[] => usages.filter(isCertificateUse);

function nodeRefusal({ organisations, commonName }: SigningRequest): string | undefined {
  if (organisations.length !== 1 || organisations[0] !== NODES_GROUP) {
    return 'subject organization is not system:nodes';
  }
  if (nodeOfUser(commonName) === undefined) return 'subject common name does not begin with system:node:';
  return undefined;
}

const TYPE_NAMES = { dns: 'DNS', ip: 'IP', email: 'Email', url: 'URI' } as const;

function namesRefusal({ names }: SigningRequest, refused: readonly (keyof typeof TYPE_NAMES)[]): string | undefined {
  const found = refused.find((type) => names.some((name) => name.type === type));
  return found && `${TYPE_NAMES[found]} subjectAltNames are not allowed`;
}

const kubeletClientNames = (request: SigningRequest) => namesRefusal(request, ['dns', 'email', 'ip', 'url']);

function servingNames(request: SigningRequest): string | undefined {
  const refusal = namesRefusal(request, ['email', 'url']);
  if (refusal !== undefined) return refusal;
  return request.names.length === 0 ? 'DNS or IP subjectAltName is required' : undefined;
}

/** Key encipherment may be left out: only RSA keys have it. */
function usageRefusal(usages: readonly string[], extended: CertificateUse): string | undefined {
  const wanted = new Set(['digital signature', 'key encipherment', extended]);
  const has = new Set(usages);
  const fits = has.has(extended) && has.has('digital signature') && [...has].every((usage) => wanted.has(usage));
  return fits ? undefined : `usages did not match [${[...wanted].sort().join(' ')}]`;
}

function clientRefusal(usages: readonly string[]): string | undefined {
  const allowed = ['digital signature', 'key encipherment', 'client auth'];
  const fits = usages.includes('client auth') && usages.every((usage) => allowed.includes(usage));
  return fits ? undefined : `usages did not match [${allowed.sort().join(' ')}]`;
}
