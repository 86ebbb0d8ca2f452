import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from '@everynode/test-kit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Backends, type RunningApi, startBackends, startReplica } from '../../testing/index.js';

const LABEL = 'pod-security.kubernetes.io/';

let backends: Backends;
let api: RunningApi;
let folder: string;
let auditLog: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'everynode-pod-security-'));
  auditLog = join(folder, 'audit.log');
  backends = await startBackends();
  const podSecurityExemptions = { namespaces: ['exempt'], users: ['jane'], runtimeClasses: ['vm'] };
  api = await startReplica(backends, { auditLog, podSecurityExemptions });
  await api.request('POST', '/apis/node.k8s.io/v1/runtimeclasses', {
    body: { metadata: { name: 'vm' }, handler: 'vm' },
  });
}, 60_000);

afterAll(async () => {
  await api.close();
  await backends.stop();
  await rm(folder, { recursive: true, force: true });
});

const namespace = async (name: string, short: Record<string, string>): Promise<void> => {
  const labels = Object.fromEntries(Object.entries(short).map(([key, value]) => [LABEL + key, value]));
  await api.request('POST', '/api/v1/namespaces', { body: { metadata: { name, labels } } });
  // No controller makes it here.
  await api.request('POST', `/api/v1/namespaces/${name}/serviceaccounts`, { body: { metadata: { name: 'default' } } });
};

const spec = (rest: object = {}) => ({ containers: [{ name: 'c', image: 'x' }], ...rest });

const createPod = (inside: string, name: string, rest: object = {}, headers: Record<string, string> = {}) =>
  api.request('POST', `/api/v1/namespaces/${inside}/pods`, { headers, body: { metadata: { name }, spec: spec(rest) } });

/** What PodSecurity has noted in the audit log of the request that the user agent names. */
const notesOf = (agent: string) =>
  eventually(async () => {
    const lines = (await readFile(auditLog, 'utf8')).trim().split('\n');
    const events = lines.map(
      (line) => JSON.parse(line) as { userAgent?: string; annotations?: Record<string, string> },
    );
    const event = events.find(({ userAgent }) => userAgent === agent);
    expect(event).toBeDefined();
    const entries = Object.entries(event?.annotations ?? {});
    return Object.fromEntries(
      entries.filter(([key]) => key.startsWith(LABEL)).map(([key, text]) => [key.slice(LABEL.length), text]),
    );
  });

describe('the audit log', () => {
  it('has the policy that let a pod in, and what breaks the policy of the label audit', async () => {
    await namespace('audited', { enforce: 'baseline', audit: 'restricted', 'audit-version': 'v1.25' });
    const { status } = await createPod('audited', 'p', {}, { 'user-agent': 'audited' });
    expect(status).toBe(201);
    expect(await notesOf('audited')).toEqual({
      'enforce-policy': 'baseline:latest',
      'audit-violations': expect.stringContaining(
        'would violate PodSecurity "restricted:v1.25": allowPrivilegeEscalation != false (container "c" must set',
      ),
    });
  });

  it('has the policy that refused a pod', async () => {
    await namespace('refusing', { enforce: 'baseline' });
    const { status } = await createPod('refusing', 'p', { hostPID: true }, { 'user-agent': 'refused' });
    expect(status).toBe(403);
    expect(await notesOf('refused')).toEqual({ 'enforce-policy': 'baseline:latest' });
  });

  it.each([
    ['apps/v1', 'daemonsets', { selector: { matchLabels: { a: 'b' } } }],
    ['batch/v1', 'jobs', {}],
  ])('has what breaks it in a template of %s %s, and the client is warned', async (group, plural, rest) => {
    await namespace('templates', { audit: 'baseline', warn: 'baseline' });
    const template = { metadata: { labels: { a: 'b' } }, spec: spec({ hostPID: true, restartPolicy: 'Always' }) };
    if (plural === 'jobs') template.spec = spec({ hostPID: true, restartPolicy: 'Never' });
    const answer = await api.request('POST', `/apis/${group}/namespaces/templates/${plural}`, {
      headers: { 'user-agent': plural },
      body: { metadata: { name: 't' }, spec: { ...rest, template } },
    });
    expect(answer.status).toBe(201);
    const violation = 'would violate PodSecurity "baseline:latest": host namespaces (hostPID=true)';
    expect([answer.headers.warning].flat().join()).toContain(violation.replaceAll('"', '\\"'));
    expect(await notesOf(plural)).toEqual({ 'audit-violations': violation });
  });
});

describe('a pod that breaks the policy', () => {
  it.each([
    ['namespace', 'exempt', {}, {}],
    ['user', 'strict', {}, { 'impersonate-user': 'jane', 'impersonate-group': 'system:masters' }],
    ['runtimeClass', 'strict', { runtimeClassName: 'vm' }, {}],
  ])('is let in when its %s is exempt, and the audit log says so', async (by, inside, rest, headers) => {
    await namespace(inside, { enforce: 'restricted', warn: 'restricted' });
    const answer = await createPod(inside, by.toLowerCase(), rest, { ...headers, 'user-agent': by });
    expect([answer.status, answer.headers.warning]).toEqual([201, undefined]);
    expect(await notesOf(by)).toEqual({ exempt: by });
  });

  it('is refused where nothing exempts it', async () => {
    await namespace('strict', { enforce: 'restricted' });
    expect((await createPod('strict', 'other')).status).toBe(403);
  });
});
