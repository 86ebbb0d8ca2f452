// The decorators of @peculiar/x509 need this polyfill to be there first.
import 'reflect-metadata';
import { createPublicKey, X509Certificate as NodeCertificate, webcrypto } from 'node:crypto';
import { isIP } from 'node:net';
import { join } from 'node:path';
import * as x509 from '@peculiar/x509';
import { makePrivateDirectory, readIfPresent, writeSecretFile } from './private-files.js';

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
const DAY_MS = 24 * 3600 * 1000;
const CA_DAYS = 3650;
const LEAF_DAYS = 365;
/** A certificate with less left is made anew at the next start. */
const RENEW_DAYS = 30;

/** PEM texts of one certificate. */
export interface CertifiedKey {
  certificate: string;
  key: string;
}

/** Files of the cluster's certificate authority and of what it signed. Only their owner may read the keys. */
export interface ClusterCertificates {
  caFile: string;
  serving: { certificateFile: string; keyFile: string };
  admin: { certificateFile: string; keyFile: string };
  /** The contents of files: those that a kubeconfig embeds, and the serving certificate. */
  pem: { ca: string; admin: CertifiedKey; serving: CertifiedKey };
}

interface Authority extends CertifiedKey {
  parsed: x509.X509Certificate;
  signingKey: webcrypto.CryptoKey;
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

async function keyPem(key: webcrypto.CryptoKey): Promise<string> {
  return `${x509.PemConverter.encode(await webcrypto.subtle.exportKey('pkcs8', key), 'PRIVATE KEY')}\n`;
}

async function createAuthority(now: Date): Promise<CertifiedKey> {
  const keys = await webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    name: [{ CN: ['everynode-ca'] }],
    notBefore: new Date(now.getTime() - 3600_000),
    notAfter: new Date(now.getTime() + CA_DAYS * DAY_MS),
    keys,
    signingAlgorithm: ALGORITHM,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return { certificate: `${certificate.toString('pem')}\n`, key: await keyPem(keys.privateKey) };
}

async function openAuthority({ certificate, key }: CertifiedKey): Promise<Authority> {
  const der = x509.PemConverter.decodeFirst(key);
  const signingKey = await webcrypto.subtle.importKey('pkcs8', der, ALGORITHM, false, ['sign']);
  return { certificate, key, parsed: new x509.X509Certificate(certificate), signingKey };
}

/** What a certificate is for. A client's user name is its CN, its groups are its O fields, as in Kubernetes. */
type LeafRequest =
  | { use: 'server'; commonName: string; names: string[] }
  | { use: 'client'; commonName: string; groups: string[] };

async function issue(authority: Authority, request: LeafRequest, now: Date): Promise<CertifiedKey> {
  const keys = await webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
  const server = request.use === 'server';
  const alternatives = server
    ? request.names.map((value) => ({ type: isIP(value) ? ('ip' as const) : ('dns' as const), value }))
    : [];
  const usage = server ? x509.ExtendedKeyUsage.serverAuth : x509.ExtendedKeyUsage.clientAuth;
  const certificate = await x509.X509CertificateGenerator.create({
    subject: server
      ? [{ CN: [request.commonName] }]
      : [...request.groups.map((group) => ({ O: [group] })), { CN: [request.commonName] }],
    issuer: authority.parsed.subject,
    notBefore: new Date(now.getTime() - 3600_000),
    notAfter: new Date(now.getTime() + LEAF_DAYS * DAY_MS),
    publicKey: keys.publicKey,
    signingKey: authority.signingKey,
    signingAlgorithm: ALGORITHM,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([usage]),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
      await x509.AuthorityKeyIdentifierExtension.create(authority.parsed),
      ...(server ? [new x509.SubjectAlternativeNameExtension(alternatives)] : []),
    ],
  });
  return { certificate: `${certificate.toString('pem')}\n`, key: await keyPem(keys.privateKey) };
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

/**
 * The cluster's certificates in `dir`, made at the first call: an authority (P-256), the API's serving certificate, and
 * the admin's client certificate (CN=everynode-admin, O=system:masters). Later calls keep what is good and replace what
 * is damaged, lacks a name, or expires within a month.
 */
export async function ensureCertificates(dir: string, hostName: string, now: Date): Promise<ClusterCertificates> {
  await makePrivateDirectory(dir);
  const files = (name: string) => ({ certificateFile: join(dir, `${name}.crt`), keyFile: join(dir, `${name}.key`) });

  const caFiles = files('ca');
  let ca = await loadPair(caFiles.certificateFile, caFiles.keyFile);
  if (ca === undefined || !stillGood(ca, ca.certificate, [], now)) {
    ca = await createAuthority(now);
    await savePair(caFiles.certificateFile, caFiles.keyFile, ca);
  }
  const authority = await openAuthority(ca);

  const ensure = async (name: string, request: LeafRequest): Promise<CertifiedKey> => {
    const { certificateFile, keyFile } = files(name);
    const known = await loadPair(certificateFile, keyFile);
    const names = request.use === 'server' ? request.names : [];
    if (known !== undefined && stillGood(known, authority.certificate, names, now)) return known;
    const fresh = await issue(authority, request, now);
    await savePair(certificateFile, keyFile, fresh);
    return fresh;
  };
  const serving = await ensure('api', { use: 'server', commonName: 'everynode-api', names: servingNames(hostName) });
  const admin = await ensure('admin', { use: 'client', commonName: 'everynode-admin', groups: ['system:masters'] });

  return {
    caFile: caFiles.certificateFile,
    serving: files('api'),
    admin: files('admin'),
    pem: { ca: authority.certificate, admin, serving },
  };
}
