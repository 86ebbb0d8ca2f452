import { readdir, readFile, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { eventually } from '@everynode/test-kit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startStack, type TestStack } from './stack.js';

const SEEDED = 'seeded-value-8f3a1c';
const inBase64 = (text: string): string => Buffer.from(text).toString('base64').replace(/=+$/, '');

let stack: TestStack;
let state: string;

beforeAll(async () => {
  stack = await startStack(['--fresh', '--nodes', '3', '--agents', '1']);
  state = dirname(stack.kubectl.kubeconfig);
}, 180_000);
afterAll(() => stack.stop(), 60_000);

async function filesBelow(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true, recursive: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
}

/** The files below a folder that hold one of the texts, as bytes. */
async function holding(folder: string, texts: readonly string[]): Promise<string[]> {
  const found: string[] = [];
  for (const path of await filesBelow(folder)) {
    const bytes = await readFile(path).catch(() => Buffer.alloc(0));
    if (texts.some((text) => bytes.includes(text))) found.push(path);
  }
  return found;
}

const fieldOf = async (secret: string): Promise<string> =>
  Buffer.from(await stack.kubectl.run(`get secret ${secret} -o jsonpath={.data.pw}`), 'base64').toString();

describe('what a cluster keeps', () => {
  it('has the content of Secrets in no file, before and after a rotation of the keys', async () => {
    const { kubectl } = stack;
    const manifest = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'applied' }, stringData: { pw: SEEDED } };
    await kubectl.run('apply -f -', JSON.stringify(manifest));
    await kubectl.run(`create secret generic created --from-literal=pw=${SEEDED}`);
    const texts = [SEEDED, inBase64(SEEDED)];
    expect(await holding(state, texts)).toEqual([]);
    const before = await stack.everynode('keys', 'list');
    expect(await stack.everynode('keys', 'rotate')).toMatch(/[1-9]\d* rows are encrypted with the key/);
    expect(await stack.everynode('keys', 'list')).not.toEqual(before);
    expect(await fieldOf('created')).toBe(SEEDED);
    await kubectl.run(`patch secret created -p {"stringData":{"more":"${SEEDED}"}}`);
    await kubectl.run('delete secret applied');
    expect(await fieldOf('created')).toBe(SEEDED);
    expect(await holding(state, texts)).toEqual([]);
  }, 60_000);

  it('has no token, password or key in any log', async () => {
    const { kubectl } = stack;
    const bootstrap = (await stack.everynode('token', 'create')).split('\n')[0] ?? '';
    const account = await kubectl.run('create token default');
    await kubectl.run(`get pods --token=${account}`).catch(() => undefined);
    await kubectl.try(['get', '--raw', `/api/v1/namespaces/default/pods?access_token=${SEEDED}`]);
    const postgres = ['password', 'service-password'].map((name) => readFile(join(state, 'postgres', name), 'utf8'));
    const pki = (await filesBelow(join(state, 'pki'))).filter((path) => path.endsWith('.key'));
    const keys = await Promise.all(pki.map(async (path) => (await readFile(path, 'utf8')).split('\n')[1] ?? ''));
    const stored = JSON.parse(await readFile(join(state, 'pki', 'encryption-keys.json'), 'utf8')) as {
      keys: { key: string }[];
    };
    const texts = [
      SEEDED,
      inBase64(SEEDED),
      bootstrap.split('.')[1] ?? '',
      account.trim(),
      ...(await Promise.all(postgres)),
      ...keys,
      ...stored.keys.map(({ key }) => key),
    ];
    for (const text of texts) expect(text.length).toBeGreaterThan(10);
    const audits = async (): Promise<string> =>
      (
        await Promise.all(
          (
            await filesBelow(join(state, 'logs'))
          )
            .filter((path) => path.includes('audit'))
            .map((path) => readFile(path, 'utf8')),
        )
      ).join('');
    await eventually(async () => expect(await audits()).toContain('access_token='));
    expect(await holding(join(state, 'logs'), texts)).toEqual([]);
  }, 60_000);

  it('has an audit log that only its owner can read, of who did what with which credential, and why they might', async () => {
    const [path = ''] = (await filesBelow(join(state, 'logs'))).filter((file) => /audit-api-\d\.log$/.test(file));
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    const events = (await readFile(path, 'utf8'))
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { user: { extra?: Record<string, string[]> }; annotations?: object });
    const known = events.find(({ user }) => user.extra?.['authentication.kubernetes.io/credential-id']);
    expect(known?.user).toMatchObject({ username: expect.any(String), groups: expect.any(Array) });
    expect(events.some(({ annotations }) => annotations && 'authorization.k8s.io/decision' in annotations)).toBe(true);
  });
});
