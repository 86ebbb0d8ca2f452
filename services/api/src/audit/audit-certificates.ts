import { randomUUID } from 'node:crypto';
import { type CertificateSigningRequest, resourceByStorage, type Stored } from '@everynode/objects';
import { authenticated, type Identity } from '../auth/identity.js';
import { type AuditLog, auditedUser } from './audit-log.js';

const ACCOUNT = 'certificate-controller';

/** The account of upstream's controller of this. Source: cmd/kube-controller-manager/app/certificates.go. */
const CONTROLLER: Identity = authenticated({
  user: `system:serviceaccount:kube-system:${ACCOUNT}`,
  groups: ['system:serviceaccounts', 'system:serviceaccounts:kube-system'],
});

/** What the controller has written: an approval, or a certificate or failure in the status. */
export type CertificateWrite = 'approval' | 'status';

/** Records a write of the certificate controller, which no request of a client has made. */
export function auditCertificate(
  audit: Pick<AuditLog, 'record'>,
  { metadata: { name }, spec }: Stored<CertificateSigningRequest>,
  subresource: CertificateWrite,
  outcome: string,
): void {
  const definition = resourceByStorage('certificatesigningrequests.certificates.k8s.io');
  audit.record({
    id: randomUUID(),
    stage: 'ResponseComplete',
    verb: 'update',
    uri: `/apis/${definition.group}/${definition.version}/${definition.plural}/${name}/${subresource}`,
    user: auditedUser(CONTROLLER),
    impersonated: undefined,
    access: undefined,
    annotations: {
      'everynode.io/outcome': outcome,
      'everynode.io/requester': spec?.username ?? '',
      'everynode.io/signer': spec?.signerName ?? '',
    },
    address: undefined,
    userAgent: undefined,
    path: { definition, namespace: '', name, subresource, watches: false },
    code: 200,
    receivedAt: Date.now(),
  });
}
