import { X509Certificate } from 'node:crypto';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect, createServer, type TLSSocket } from 'node:tls';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { type ClusterCertificates, ensureCertificates, servingNames } from './certificates.js';
import { writeKubeconfig } from './kubeconfig.js';

const NOW = new Date();
const DAY_MS = 24 * 3600 * 1000;

describe('ensureCertificates', () => {
  let root: string;
  const ensure = (now = NOW, host = 'my-host') => ensureCertificates(join(root, 'pki'), host, now);
  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'everynode-pki-'));
  });
  afterEach(async () => {
    await rm(root, { recursive: true, force: true });
  });

  /**
   * What a server that trusts the authority sees of the admin, over a connection where each side verifies the other.
   */
  async function shakeHands(certificates: ClusterCertificates, servername: string): Promise<string[]> {
    const server = createServer({
      ca: certificates.pem.ca,
      cert: await readFile(certificates.serving.certificateFile),
      key: await readFile(certificates.serving.keyFile),
      requestCert: true,
      rejectUnauthorized: true,
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { certificate, key } = certificates.pem.admin;
    const accepted = new Promise<TLSSocket>((resolve) => server.once('secureConnection', resolve));
    const { port } = server.address() as AddressInfo;
    const client = connect({ host: '127.0.0.1', port, servername, ca: certificates.pem.ca, cert: certificate, key });
    try {
      await new Promise((resolve, reject) => client.once('secureConnect', resolve).once('error', reject));
      const { subject } = (await accepted).getPeerCertificate();
      return [String(subject.CN), String(subject.O)];
    } finally {
      client.destroy();
      server.close();
    }
  }

  it('lets client and server verify each other, and names the admin as Kubernetes expects', async () => {
    const certificates = await ensure();
    for (const name of ['localhost', 'my-host', 'kubernetes.default.svc', 'everynode-api']) {
      expect(await shakeHands(certificates, name)).toEqual(['everynode-admin', 'system:masters']);
    }
    await expect(shakeHands(certificates, 'elsewhere.example')).rejects.toThrow(/does not match/);
    const serving = new X509Certificate(await readFile(certificates.serving.certificateFile));
    expect(servingNames('my-host').filter((name) => !serving.subjectAltName?.includes(name))).toEqual(['::1']);
    expect(serving.checkIP('::1')).toBe('::1');
  });

  it('keeps what is good', async () => {
    const first = await ensure();
    const serving = await readFile(first.serving.certificateFile, 'utf8');
    const second = await ensure(new Date(NOW.getTime() + 300 * DAY_MS));
    expect(second.pem).toEqual(first.pem);
    expect(await readFile(second.serving.certificateFile, 'utf8')).toBe(serving);
  });

  it('renews what expires within a month, under the same authority', async () => {
    const first = await ensure();
    const later = await ensure(new Date(NOW.getTime() + 340 * DAY_MS));
    expect(later.pem.ca).toBe(first.pem.ca);
    expect(later.pem.admin.certificate).not.toBe(first.pem.admin.certificate);
    expect(new X509Certificate(later.pem.admin.certificate).verify(new X509Certificate(first.pem.ca).publicKey)).toBe(
      true,
    );
  });

  it('replaces a damaged certificate, and one that lacks the new name of the host', async () => {
    const first = await ensure();
    await writeFile(first.admin.certificateFile, 'not a certificate');
    const second = await ensure(NOW, 'renamed-host');
    expect(await shakeHands(second, 'renamed-host')).toEqual(['everynode-admin', 'system:masters']);
  });

  it('keeps keys and the kubeconfig to their owner', async () => {
    const certificates = await ensure();
    const path = join(root, 'kubeconfig');
    await writeFile(path, '', { mode: 0o644 });
    await writeKubeconfig(path, 'https://127.0.0.1:6443', certificates.pem.ca, certificates.pem.admin);
    for (const file of [path, certificates.serving.keyFile, certificates.admin.keyFile, join(root, 'pki', 'ca.key')]) {
      expect((await stat(file)).mode & 0o777).toBe(0o600);
    }
    expect((await stat(join(root, 'pki'))).mode & 0o777).toBe(0o700);
  });

  it('writes a kubeconfig that needs no other file', async () => {
    const certificates = await ensure();
    const path = join(root, 'kubeconfig');
    await writeKubeconfig(path, 'https://127.0.0.1:6443', certificates.pem.ca, certificates.pem.admin);
    const config = parse(await readFile(path, 'utf8'));
    expect(config['current-context']).toBe('everynode');
    const { cluster } = config.clusters[0];
    expect(cluster.server).toBe('https://127.0.0.1:6443');
    expect(Buffer.from(cluster['certificate-authority-data'], 'base64').toString()).toBe(certificates.pem.ca);
    const { user } = config.users[0];
    expect(Buffer.from(user['client-key-data'], 'base64').toString()).toBe(certificates.pem.admin.key);
  });
});
