import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Backends, type RunningApi, startBackends, startReplica } from '@everynode/api/testing';
import { createKey, createSigningRequest, NODES_GROUP } from '@everynode/certificates';
import { writeKubeconfig } from '@everynode/local-stack';
import { eventually, Kubectl } from '@everynode/test-kit';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const everynode = fileURLToPath(new URL('../../packages/cli/dist/main.js', import.meta.url));

let backends: Backends;
let api: RunningApi;
let folder: string;
let kubeconfig: string;
let kubectl: Kubectl;

beforeAll(async () => {
  backends = await startBackends();
  api = await startReplica(backends);
  folder = await mkdtemp(join(tmpdir(), 'everynode-joining-'));
  kubeconfig = join(folder, 'kubeconfig');
  const { url, ca, cert, key } = api.server;
  await writeKubeconfig(kubeconfig, url, ca, { certificate: cert, key });
  kubectl = await Kubectl.for(kubeconfig);
}, 90_000);

afterAll(async () => {
  await api.close();
  await backends.stop();
  await rm(folder, { recursive: true, force: true });
});

const run = (...args: string[]) => execa(process.execPath, [everynode, ...args]);

async function manifest(name: string, node: string, signer = 'kube-apiserver-client-kubelet'): Promise<string> {
  const request = await createSigningRequest(await createKey(), {
    commonName: `system:node:${node}`,
    organisations: [NODES_GROUP],
  });
  return JSON.stringify({
    apiVersion: 'certificates.k8s.io/v1',
    kind: 'CertificateSigningRequest',
    metadata: { name },
    spec: {
      request: Buffer.from(request).toString('base64'),
      signerName: `kubernetes.io/${signer}`,
      usages: ['digital signature', 'client auth'],
      expirationSeconds: 3600,
    },
  });
}

describe('everynode token', () => {
  it('creates, lists and deletes tokens', async () => {
    const { stdout } = await run('token', 'create', '--kubeconfig', kubeconfig, '--nodes', 'rack1-*', '--single-use');
    const [text = '', , command] = stdout.split('\n');
    expect(text).toMatch(/^[a-z0-9]{6}\.[a-z0-9]{16}$/);
    expect(command).toMatch(
      new RegExp(
        `^everynode agent join --server https://127.0.0.1:\\d+ --token ${text} --ca-hash sha256:[0-9a-f]{64}$`,
      ),
    );
    const id = text.slice(0, 6);
    const { stdout: list } = await run('token', 'list', '--kubeconfig', kubeconfig);
    expect(list).toMatch(new RegExp(`${id} +20\\S+Z +authentication,signing +rack1-\\* +once`));
    expect(list).not.toContain(text.slice(7));
    await run('token', 'delete', id, '--kubeconfig', kubeconfig);
    await expect(run('token', 'delete', id, '--kubeconfig', kubeconfig)).rejects.toThrow('not found');
  });
});

describe('kubectl', () => {
  it('shows, approves and denies requests', async () => {
    const { stdout } = await run('token', 'create', '--kubeconfig', kubeconfig);
    const [token = ''] = stdout.split('\n');
    const asked = await kubectl.try(
      [
        'create',
        '-f',
        '-',
        `--token=${token}`,
        `--server=${api.server.url}`,
        '--kubeconfig=/dev/null',
        '--insecure-skip-tls-verify',
      ],
      await manifest('by-token', 'k8s-09'),
    );
    expect([asked.stderr, asked.stdout]).toEqual([
      '',
      'certificatesigningrequest.certificates.k8s.io/by-token created',
    ]);
    await kubectl.run(['create', '-f', '-'], await manifest('by-hand', 'k8s-10', 'kube-apiserver-client'));
    await kubectl.run(['create', '-f', '-'], await manifest('refused', 'k8s-11', 'kube-apiserver-client'));
    await eventually(async () => {
      const table = await kubectl.run('get csr');
      expect(table).toMatch(/^NAME +AGE +SIGNERNAME +REQUESTOR +REQUESTEDDURATION +CONDITION$/m);
      expect(table).toMatch(
        new RegExp(
          `^by-token +\\d+s +kubernetes.io/kube-apiserver-client-kubelet +system:bootstrap:${token.slice(0, 6)} +60m +Approved,Issued$`,
          'm',
        ),
      );
    });
    expect(await kubectl.run('get csr by-hand')).toMatch(/Pending$/m);
    expect(await kubectl.run('certificate approve by-hand')).toContain('approved');
    await eventually(async () => expect(await kubectl.run('get csr by-hand')).toMatch(/Approved,Issued$/m));
    expect(await kubectl.run('certificate deny refused')).toContain('denied');
    expect(await kubectl.run('get csr refused')).toMatch(/Denied$/m);
    expect(await kubectl.run('describe csr by-token')).toContain('Common Name:    system:node:k8s-09');
    expect(await kubectl.run('explain csr.spec.signerName')).toContain('signerName indicates the requested signer');
  });
});
