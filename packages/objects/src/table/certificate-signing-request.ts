import type { CertificateSigningRequest } from '../kinds/api-types.js';
import type { Stored } from '../kinds/kinds.js';
import type { TableDefinition } from '../resource.js';
import { formatAge } from './age.js';
import { AGE, ageOf, column, NAME, of } from './columns.js';

const NONE = '<none>';

/** `kubectl get csr`. Rule: pkg/printers/internalversion, printCertificateSigningRequest. */
export const certificateSigningRequestTable: TableDefinition<Stored<CertificateSigningRequest>> = {
  columns: [
    NAME,
    AGE,
    column('SignerName', of('certificates.v1.CertificateSigningRequestSpec', 'signerName')),
    column('Requestor', of('certificates.v1.CertificateSigningRequestSpec', 'request')),
    column('RequestedDuration', of('certificates.v1.CertificateSigningRequestSpec', 'expirationSeconds')),
    column('Condition', of('certificates.v1.CertificateSigningRequestStatus', 'conditions')),
  ],
  row(object, now) {
    const { signerName, username = '', expirationSeconds } = object.spec ?? {};
    return {
      cells: [
        object.metadata.name,
        ageOf(object, now),
        signerName || NONE,
        username,
        expirationSeconds === undefined ? NONE : formatAge(expirationSeconds * 1000),
        conditionOf(object),
      ],
    };
  },
};

function conditionOf({ status }: CertificateSigningRequest): string {
  const has = (type: string) => status?.conditions?.some((condition) => condition.type === type) ?? false;
  const decided = has('Denied') ? 'Denied' : has('Approved') ? 'Approved' : 'Pending';
  return `${decided}${has('Failed') ? ',Failed' : ''}${status?.certificate ? ',Issued' : ''}`;
}
