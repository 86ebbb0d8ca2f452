import type { CertificateSigningRequest } from '../kinds/api-types.js';
import type { Stored } from '../kinds/kinds.js';
import type { SubresourceDefinition, SubresourcePart } from '../resource.js';
import { certificateSigningRequestTable } from '../table/index.js';
import {
  validateApproval,
  validateCertificateSigningRequest,
  validateCertificateSigningRequestUpdate,
  validateSigning,
} from '../validation/certificate-signing-request.js';
import { pathSegmentMessages } from '../validation/names.js';
import { defineResource, statusSubresource } from './define-resource.js';

type Request = Stored<CertificateSigningRequest>;

/** Conditions that only /approval sets. */
const DECIDED: readonly string[] = ['Approved', 'Denied'];

const approvalPart: SubresourcePart<Request> = {
  /** Writes the conditions and nothing else. Source: registry/certificates/certificates/strategy.go. */
  prepare(object, current) {
    const conditions = object.status?.conditions;
    object.spec = structuredClone(current.spec);
    object.status = { ...structuredClone(current.status), ...(conditions && { conditions }) };
    if (!conditions) delete object.status.conditions;
  },
  validate: (object, current) => validateApproval(object, current),
};

/** What `kubectl certificate approve` and `deny` write. */
const approval: SubresourceDefinition = { name: 'approval', verbs: ['get', 'patch', 'update'], part: approvalPart };

/**
 * Requests for certificates. What is asked for never changes; who asked is what the api has seen.
 * Source: pkg/registry/certificates/certificates/strategy.go, pkg/apis/certificates/validation.
 */
export const certificateSigningRequests = defineResource<Request>({
  group: 'certificates.k8s.io',
  version: 'v1',
  kind: 'CertificateSigningRequest',
  plural: 'certificatesigningrequests',
  namespaced: false,
  schema: 'io.k8s.api.certificates.v1.CertificateSigningRequest',
  shortNames: ['csr'],
  subresources: [approval, statusSubresource],
  nameRule: pathSegmentMessages,
  fields: { 'spec.signerName': (object) => object.spec?.signerName ?? '' },
  firstStatus: () => ({}),
  validate: (object) => validateCertificateSigningRequest(object),
  validateUpdate: (object, current) => validateCertificateSigningRequestUpdate(object, current),
  validateStatus: (object, current) => validateSigning(object, current),
  carryOver: (object, current) => {
    object.spec = structuredClone(current.spec);
  },
  carryOverStatus: keepDecisions,
  table: certificateSigningRequestTable,
});

/** A write of the status leaves decisions as they are; it can neither add nor remove one. */
function keepDecisions(object: Request, current: Request): void {
  const kept = current.status?.conditions ?? [];
  for (const [at, condition] of (object.status?.conditions ?? []).entries()) {
    const before = DECIDED.includes(condition.type) ? kept.find(({ type }) => type === condition.type) : undefined;
    if (before && object.status?.conditions) object.status.conditions[at] = structuredClone(before);
  }
}
