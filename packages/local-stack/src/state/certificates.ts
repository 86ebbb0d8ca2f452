import { createPrivateKey, createPublicKey, X509Certificate as NodeCertificate } from 'node:crypto';
import { isIP } from 'node:net';
import { join } from 'node:path';
import {
  type Authority,
  type CertifiedKey,
  createAuthority,
  createKey,
  createKeyPair,
  issueCertificate,
  openAuthority,
  privateKeyPem,
} from '@everynode/certificates';
import { makePrivateDirectory, readIfPresent, writeSecretFile } from '@everynode/service-shell/private-files';

const DAY_MS = 24 * 3600 * 1000;
const LEAF_DAYS = 365;
/** A certificate with less left is made anew at the next start. */
const RENEW_DAYS = 30;

/** Files of the cluster's certificate authority and of what it signed. Only their owner may read the keys. */
export interface ClusterCertificates {
  caFile: string;
  /** The authority's private key, with which the api signs certificates of nodes. */
  caKeyFile: string;
  /** Signs tokens of service accounts. A key of its own: the serving key is renewed with its certificate. */
  serviceAccountKeyFile: string;
  serving: { certificateFile: string; keyFile: string };
  admin: { certificateFile: string; keyFile: string };
  /** Of the NATS server. */
  bus: { certificateFile: string; keyFile: string };
  /** The contents of files: those that a kubeconfig embeds, and the serving certificate. */
  pem: { ca: string; admin: CertifiedKey; serving: CertifiedKey };
}

/** Names under which the NATS server may be reached: loopback, this host, and its name in the compose file. */
function busNames(hostName: string): string[] {
  return [...new Set(['localhost', '127.0.0.1', '::1', hostName, 'nats'])];
}

/** Names under which the API may be reached: loopback, this host, and those that clients inside a cluster use. */
export function servingNames(hostName: string): string[] {
  const cluster = [
    'kubernetes',
    'kubernetes.default',
    'kubernetes.default.svc',
    'kubernetes.default.svc.cluster.local',
  ];
  return [...new Set(['localhost', '127.0.0.1', '::1', hostName, 'everynode-api', ...cluster])];
}

/** What a certificate is for. A client's user name is its CN, its groups are its O fields, as in Kubernetes. */
type LeafRequest =
  | { use: 'server'; commonName: string; names: string[] }
  | { use: 'client'; commonName: string; groups: string[] };

async function issue(authority: Authority, request: LeafRequest, now: Date): Promise<CertifiedKey> {
  const keys = await createKeyPair();
  const server = request.use === 'server';
  const certificate = await issueCertificate(authority, keys.publicKey, {
    commonName: request.commonName,
    organisations: server ? [] : request.groups,
    names: server ? request.names.map((value) => ({ type: isIP(value) ? 'ip' : 'dns', value })) : [],
    uses: ['digital signature', server ? 'server auth' : 'client auth'],
    notBefore: new Date(now.getTime() - 3600_000),
    notAfter: new Date(now.getTime() + LEAF_DAYS * DAY_MS),
  });
  return { certificate, key: await privateKeyPem(keys.privateKey) };
}

/** True when the pair is whole, fits, is signed by `ca` (or itself), covers `names`, and has a month or more left. */
function stillGood(pair: CertifiedKey, ca: string, names: string[], now: Date): boolean {
  let parsed: NodeCertificate;
  try {
    parsed = new NodeCertificate(pair.certificate);
    const publicKey = createPublicKey(pair.key).export({ type: 'spki', format: 'der' });
    if (!parsed.publicKey.export({ type: 'spki', format: 'der' }).equals(publicKey)) return false;
    if (!parsed.verify(new NodeCertificate(ca).publicKey)) return false;
  } catch {
    return false; // A damaged file is replaced.
  }
  if (Date.parse(parsed.validTo) - now.getTime() < RENEW_DAYS * DAY_MS) return false;
  return names.every((name) => (isIP(name) ? parsed.checkIP(name) : parsed.checkHost(name)) !== undefined);
}

async function loadPair(certificateFile: string, keyFile: string): Promise<CertifiedKey | undefined> {
  const [certificate, key] = await Promise.all([readIfPresent(certificateFile), readIfPresent(keyFile)]);
  return certificate === undefined || key === undefined ? undefined : { certificate, key };
}

async function savePair(certificateFile: string, keyFile: string, pair: CertifiedKey): Promise<void> {
  await writeSecretFile(keyFile, pair.key);
  await writeSecretFile(certificateFile, pair.certificate);
}

/** Makes a private key unless the file holds one. A damaged file is replaced. */
async function ensureKey(file: string): Promise<void> {
  const known = await readIfPresent(file);
  try {
    if (known !== undefined && createPrivateKey(known).asymmetricKeyType === 'ec') return;
  } catch {
    // Replaced below.
  }
  await writeSecretFile(file, await createKey());
}

/**
 * The cluster's certificates in `dir`, made at the first call: an authority (P-256), the serving certificates of the
 * API and the NATS server, the admin's client certificate (CN=everynode-admin, O=system:masters), and the key of
 * service account tokens. Later calls keep what is good and replace what is damaged, lacks a name, or expires within a
 * month.
 */
export async function ensureCertificates(dir: string, hostName: string, now: Date): Promise<ClusterCertificates> {
  await makePrivateDirectory(dir);
  const files = (name: string) => ({ certificateFile: join(dir, `${name}.crt`), keyFile: join(dir, `${name}.key`) });

  const caFiles = files('ca');
  let ca = await loadPair(caFiles.certificateFile, caFiles.keyFile);
  if (ca === undefined || !stillGood(ca, ca.certificate, [], now)) {
    ca = await createAuthority('everynode-ca', now);
    await savePair(caFiles.certificateFile, caFiles.keyFile, ca);
  }
  const authorityPem = ca.certificate;
  const authority = await openAuthority(ca);

  const ensure = async (name: string, request: LeafRequest): Promise<CertifiedKey> => {
    const { certificateFile, keyFile } = files(name);
    const known = await loadPair(certificateFile, keyFile);
    const names = request.use === 'server' ? request.names : [];
    if (known !== undefined && stillGood(known, authorityPem, names, now)) return known;
    const fresh = await issue(authority, request, now);
    await savePair(certificateFile, keyFile, fresh);
    return fresh;
  };
  const serving = await ensure('api', { use: 'server', commonName: 'everynode-api', names: servingNames(hostName) });
  const admin = await ensure('admin', { use: 'client', commonName: 'everynode-admin', groups: ['system:masters'] });
  await ensure('nats', { use: 'server', commonName: 'everynode-nats', names: busNames(hostName) });

  const serviceAccountKeyFile = join(dir, 'service-account.key');
  await ensureKey(serviceAccountKeyFile);

  return {
    caFile: caFiles.certificateFile,
    caKeyFile: caFiles.keyFile,
    serviceAccountKeyFile,
    serving: files('api'),
    admin: files('admin'),
    bus: files('nats'),
    pem: { ca: authorityPem, admin, serving },
  };
}
