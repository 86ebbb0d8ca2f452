import { createPublicKey, verify, X509Certificate } from 'node:crypto';
import { createKey, createSigningRequest } from '@everynode/certificates';
import { eventually } from '@everynode/test-kit';
import { beforeEach, describe, expect, it } from 'vitest';
import { type Any, type GoClient, MERGE, STRATEGIC, StatusError } from './go-client.js';
import { stackForTests } from './stack-for-tests.js';

/**
 * The steps of upstream's end-to-end specs about certificates, service accounts, reviews, nodes and admission policies,
 * with the same requests, encodings and checks. Where a spec reads a file in a container, its volume is looked at
 * instead, and the token is asked for as a kubelet does.
 * Sources, in kubernetes/kubernetes: test/e2e/auth/{certificates,service_accounts,subjectreviews}.go,
 * in kubernetes/kubernetes: test/e2e/auth/{selfsubjectreviews,node_authz}.go,
 * and in kubernetes/kubernetes: test/e2e/apimachinery/{validating,mutating}admissionpolicy.go.
 */
const SLOW = 60_000;
const HOUR = 3600;
const REQUESTS = '/apis/certificates.k8s.io/v1/certificatesigningrequests';
const RBAC = '/apis/rbac.authorization.k8s.io/v1';
const TOKEN_PATH = '/var/run/secrets/kubernetes.io/serviceaccount';
const ROOT_CA = 'kube-root-ca.crt';

let client: GoClient;
let namespaces = 0;
let ns: string;

stackForTests(2, (_stack, started) => {
  client = started;
});

beforeEach(async () => {
  namespaces += 1;
  ns = `auth-${namespaces}`;
  const metadata = { name: ns, labels: { 'pod-security.kubernetes.io/enforce': 'baseline' } };
  await client.create('/api/v1/namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata });
  await eventually(() => client.get(accounts('default')));
});

const core = (plural: string, name = ''): string => `/api/v1/namespaces/${ns}/${plural}${name && `/${name}`}`;
const accounts = (name = ''): string => core('serviceaccounts', name);
const account = (name: string, rest: object = {}): Any => ({
  apiVersion: 'v1',
  kind: 'ServiceAccount',
  metadata: { name },
  ...rest,
});

/** The status of the answer to a request that has to fail. */
const refusal = async (request: Promise<Any>): Promise<number> => {
  const error = await request.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof StatusError)) throw new Error(`it did not fail with a Status: ${String(error)}`);
  return error.status;
};

async function signingRequest(signerName: string, commonName: string, usages: string[], names: string[] = []) {
  const key = await createKey();
  const alternatives = names.map((value) => ({ type: 'dns', value }) as const);
  const pem = await createSigningRequest(key, { commonName, names: alternatives });
  const request = {
    apiVersion: 'certificates.k8s.io/v1',
    kind: 'CertificateSigningRequest',
    metadata: { generateName: `${commonName}-` },
    spec: { request: Buffer.from(pem).toString('base64'), signerName, expirationSeconds: HOUR, usages },
  };
  return { key, request };
}

const pemOf = (certificate: string): Buffer => Buffer.from(certificate, 'base64');

async function review(token: string, audiences?: string[]): Promise<Any> {
  const spec = { token, ...(audiences && { audiences }) };
  const body = { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenReview', spec };
  return (await client.create('/apis/authentication.k8s.io/v1/tokenreviews', body)).status;
}

async function tokenFor(name: string, spec: object = {}): Promise<string> {
  const body = { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec };
  return (await client.create(`${accounts(name)}/token`, body)).status.token;
}

describe('Certificates API [Privileged:ClusterAdmin]', () => {
  it('should support building a client with a CSR', { timeout: SLOW }, async () => {
    const user = 'tester-csr';
    const { key, request } = await signingRequest('kubernetes.io/kube-apiserver-client', user, [
      'digital signature',
      'key encipherment',
      'client auth',
    ]);
    const role = await client.create(`${RBAC}/clusterroles`, {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'ClusterRole',
      metadata: { generateName: `${user}-` },
      rules: [{ verbs: ['create'], apiGroups: ['certificates.k8s.io'], resources: ['certificatesigningrequests'] }],
    });
    await client.create(`${RBAC}/clusterrolebindings`, {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'ClusterRoleBinding',
      metadata: { generateName: `${user}-` },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: role.metadata.name },
      subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: user }],
    });
    const csr = await client.create(REQUESTS, request);
    csr.status = { conditions: [{ type: 'Approved', status: 'True', reason: 'E2E', message: 'Set from an e2e test' }] };
    await client.update(`${REQUESTS}/${csr.metadata.name}/approval`, csr);
    const certificate = await eventually(async () => {
      const { status } = await client.get(`${REQUESTS}/${csr.metadata.name}`);
      expect(status.certificate ?? '').not.toBe('');
      return pemOf(status.certificate);
    });
    expect(certificate.toString().match(/BEGIN CERTIFICATE/g)).toHaveLength(1);
    const { validFrom, validTo } = new X509Certificate(certificate);
    expect(Date.parse(validTo) - Date.parse(validFrom)).toBeLessThanOrEqual((HOUR + 300) * 1000);
    const fresh = client.withCertificate(certificate, Buffer.from(key));
    const again = await fresh.create(REQUESTS, request);
    fresh.close();
    expect(again.spec.username).toBe(user);
    for (const { metadata } of [csr, again]) await client.delete(`${REQUESTS}/${metadata.name}`);
  });

  it('should support CSR API operations', { timeout: SLOW }, async () => {
    const signerName = `example.com/e2e-${ns}`;
    const selected = `${REQUESTS}?fieldSelector=${encodeURIComponent(`spec.signerName=${signerName}`)}`;
    const usages = ['digital signature', 'key encipherment', 'server auth'];
    const { request } = await signingRequest(signerName, 'e2e.example.com', usages, ['e2e.example.com']);
    const dynamic = client.as('dynamic');

    const groups = (await dynamic.get('/apis')).groups as Any[];
    const group = groups.find(({ name }) => name === 'certificates.k8s.io');
    expect(group?.versions.map(({ version }: Any) => version)).toContain('v1');
    const { versions } = await dynamic.get('/apis/certificates.k8s.io');
    expect(versions.map(({ version }: Any) => version)).toContain('v1');
    const { resources } = await dynamic.get('/apis/certificates.k8s.io/v1');
    const verbsOf = (plural: string) => resources.find(({ name }: Any) => name === plural)?.verbs.sort();
    expect(verbsOf('certificatesigningrequests')).toEqual(
      ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch'].sort(),
    );
    for (const part of ['approval', 'status'])
      expect(verbsOf(`certificatesigningrequests/${part}`)).toEqual(['get', 'patch', 'update']);

    await client.create(REQUESTS, request);
    await client.create(REQUESTS, request);
    const created = await client.create(REQUESTS, request);
    const path = `${REQUESTS}/${created.metadata.name}`;
    const gotten = await client.get(path);
    expect([gotten.metadata.uid, gotten.spec.expirationSeconds]).toEqual([created.metadata.uid, HOUR]);
    const list = await client.list(selected);
    expect(list.items).toHaveLength(3);

    const from = `resourceVersion=${list.metadata.resourceVersion}`;
    const only = `fieldSelector=${encodeURIComponent(`metadata.name=${created.metadata.name}`)}`;
    const watch = client.watch(`${REQUESTS}?${from}&${only}`);
    const patched = await client.patch(path, MERGE, { metadata: { annotations: { patched: 'true' } } });
    expect(patched.metadata.annotations.patched).toBe('true');
    patched.metadata.annotations.updated = 'true';
    const updated = await client.update(path, patched);
    expect(updated.metadata.annotations.updated).toBe('true');
    await eventually(() => expect(watch.events.at(-1)?.object.metadata.annotations?.updated).toBe('true'));
    expect(new Set(watch.events.map(({ type }) => type))).toEqual(new Set(['MODIFIED']));
    watch.close();

    const isTheRequest = (object: Any): void => {
      const { apiVersion, kind, metadata } = object;
      expect([apiVersion, kind]).toEqual(['certificates.k8s.io/v1', 'CertificateSigningRequest']);
      expect(metadata.uid).toBe(created.metadata.uid);
    };
    isTheRequest(await dynamic.get(`${path}/approval`));
    const approval = await client.patch(`${path}/approval`, MERGE, {
      metadata: { annotations: { patchedapproval: 'true' } },
      status: { conditions: [{ type: 'ApprovalPatch', status: 'True', reason: 'e2e' }] },
    });
    expect(approval.status.conditions.map(({ type }: Any) => type)).toEqual(['ApprovalPatch']);
    expect(approval.metadata.annotations.patchedapproval).toBe('true');
    const told = { status: 'True', reason: 'E2E', message: 'Set from an e2e test' };
    approval.status.conditions.push({ type: 'Approved', ...told });
    const approved = await client.update(`${path}/approval`, approval);
    expect(approved.status.conditions.map(({ type }: Any) => type)).toEqual(['ApprovalPatch', 'Approved']);

    isTheRequest(await dynamic.get(`${path}/status`));
    const { data } = await client.get(core('configmaps', ROOT_CA));
    const certificate = Buffer.from(data['ca.crt']).toString('base64');
    const signed = await client.patch(`${path}/status`, MERGE, {
      metadata: { annotations: { patchedstatus: 'true' } },
      status: { certificate },
    });
    expect([signed.status.certificate, signed.metadata.annotations.patchedstatus]).toEqual([certificate, 'true']);
    signed.status.conditions.push({ type: 'StatusUpdate', ...told });
    const { status } = await client.update(`${path}/status`, signed);
    expect(status.conditions.map(({ type }: Any) => type)).toEqual(['ApprovalPatch', 'Approved', 'StatusUpdate']);

    await client.delete(path);
    expect(await refusal(client.get(path))).toBe(404);
    expect((await client.list(selected)).items).toHaveLength(2);
    await client.delete(selected);
    expect((await client.list(selected)).items ?? []).toHaveLength(0);
  });
});

describe('ServiceAccounts', () => {
  it('no secret-based service account token should be auto-generated', async () => {
    expect((await client.get(accounts('default'))).secrets ?? []).toEqual([]);
    expect((await client.list(core('secrets'))).items ?? []).toEqual([]);
  });

  it('should mount an API token into pods: what its volume says is there', { timeout: SLOW }, async () => {
    await client.create(accounts(), account('mount-test'));
    const pod = await client.create(core('pods'), {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'pod-service-account' },
      spec: {
        serviceAccountName: 'mount-test',
        containers: [{ name: 'test', image: 'busybox:1.37', command: ['sleep', '100000'] }],
        terminationGracePeriodSeconds: 0,
        restartPolicy: 'Never',
      },
    });
    await eventually(async () =>
      expect((await client.get(core('pods', pod.metadata.name))).status.phase).toBe('Running'),
    );
    const [mount] = pod.spec.containers[0].volumeMounts;
    expect(mount).toMatchObject({ mountPath: TOKEN_PATH, readOnly: true });
    const volume = pod.spec.volumes.find(({ name }: Any) => name === mount.name);
    expect(volume.projected.sources).toEqual([
      { serviceAccountToken: { expirationSeconds: 3607, path: 'token' } },
      { configMap: { name: ROOT_CA, items: [{ key: 'ca.crt', path: 'ca.crt' }] } },
      {
        downwardAPI: {
          items: [{ path: 'namespace', fieldRef: { apiVersion: 'v1', fieldPath: 'metadata.namespace' } }],
        },
      },
    ]);
    // As the kubelet of its node asks for it.
    const { nodeName } = (await client.get(core('pods', pod.metadata.name))).spec;
    const kubelet = client.impersonating({ user: `system:node:${nodeName}`, groups: ['system:nodes'] });
    const boundObjectRef = { apiVersion: 'v1', kind: 'Pod', name: pod.metadata.name, uid: pod.metadata.uid };
    const { status } = await kubelet.create(`${accounts('mount-test')}/token`, {
      apiVersion: 'authentication.k8s.io/v1',
      kind: 'TokenRequest',
      spec: { expirationSeconds: 3607, boundObjectRef },
    });
    const { authenticated, error, user } = await review(status.token);
    expect([authenticated, error ?? '']).toEqual([true, '']);
    expect(user.username).toBe(`system:serviceaccount:${ns}:mount-test`);
    for (const group of ['system:authenticated', 'system:serviceaccounts', `system:serviceaccounts:${ns}`])
      expect(user.groups).toContain(group);
  });

  it('should allow opting out of API token automount', async () => {
    await client.create(accounts(), account('mount', { automountServiceAccountToken: true }));
    await client.create(accounts(), account('nomount', { automountServiceAccountToken: false }));
    const cases: [name: string, account: string, inPod: boolean | undefined, expected: boolean][] = [
      ['defaultsa', 'default', undefined, true],
      ['mountsa', 'mount', undefined, true],
      ['nomountsa', 'nomount', undefined, false],
      ['defaultsa-mountspec', 'default', true, true],
      ['mountsa-mountspec', 'mount', true, true],
      ['nomountsa-mountspec', 'nomount', true, true],
      ['defaultsa-nomountspec', 'default', false, false],
      ['mountsa-nomountspec', 'mount', false, false],
      ['nomountsa-nomountspec', 'nomount', false, false],
    ];
    for (const [name, serviceAccountName, inPod, expected] of cases) {
      const { spec } = await client.create(core('pods'), {
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: { name: `pod-service-account-${name}` },
        spec: {
          containers: [{ name: 'token-test', image: 'agnhost:2.53' }],
          restartPolicy: 'Never',
          serviceAccountName,
          ...(inPod !== undefined && { automountServiceAccountToken: inPod }),
        },
      });
      const mounts = spec.containers.flatMap(({ volumeMounts = [] }: Any) => volumeMounts);
      expect([name, mounts.some(({ mountPath }: Any) => mountPath === TOKEN_PATH)]).toEqual([name, expected]);
    }
  });

  it('ServiceAccountIssuerDiscovery should support OIDC discovery of service account issuer', async () => {
    const role = 'system:service-account-issuer-discovery';
    const binding = await client.create(`${RBAC}/clusterrolebindings`, {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'ClusterRoleBinding',
      metadata: { name: `${ns}-${role}` },
      subjects: [{ kind: 'ServiceAccount', name: 'default', namespace: ns }],
      roleRef: { name: role, apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole' },
    });
    const audience = 'oidc-discovery-test';
    const token = await tokenFor('default', { audiences: [audience], expirationSeconds: 600 });
    const [head = '', claims = '', signature = ''] = token.split('.');
    const read = (part: string) => JSON.parse(Buffer.from(part, 'base64url').toString());
    // As agnhost test-service-account-issuer-discovery: the account reads the documents, and checks its own token.
    const pod = client
      .impersonating({ user: `system:serviceaccount:${ns}:default`, groups: ['system:serviceaccounts'] })
      .as('dynamic');
    const configuration = await pod.get('/.well-known/openid-configuration');
    expect(configuration.issuer).toBe(read(claims).iss);
    const { keys } = JSON.parse((await pod.request('GET', new URL(configuration.jwks_uri).pathname)).bytes.toString());
    const { alg, kid } = read(head);
    expect(configuration.id_token_signing_alg_values_supported).toContain(alg);
    const key = createPublicKey({ key: keys.find((one: Any) => one.kid === kid), format: 'jwk' });
    const signed = Buffer.from(`${head}.${claims}`);
    const isValid = verify('sha256', signed, { key, dsaEncoding: 'ieee-p1363' }, Buffer.from(signature, 'base64url'));
    expect(isValid).toBe(true);
    expect(read(claims)).toMatchObject({ aud: [audience], sub: `system:serviceaccount:${ns}:default` });
    await client.delete(`${RBAC}/clusterrolebindings/${binding.metadata.name}`);
  });

  it('should run through the lifecycle of a ServiceAccount', async () => {
    const label = 'test-serviceaccount-static=true';
    const labels = { 'test-serviceaccount-static': 'true' };
    const created = await client.create(accounts(), {
      ...account('testserviceaccount'),
      metadata: { name: 'testserviceaccount', labels },
    });
    expect((await client.get(accounts('testserviceaccount'))).metadata.uid).toBe(created.metadata.uid);
    const watch = client.watch(`${accounts()}?labelSelector=${encodeURIComponent(label)}&timeoutSeconds=180`);
    const seen = (type: string) => eventually(() => expect(watch.events.map((event) => event.type)).toContain(type));
    await seen('ADDED');
    await client.patch(accounts('testserviceaccount'), STRATEGIC, {
      metadata: { creationTimestamp: null },
      automountServiceAccountToken: false,
    });
    await seen('MODIFIED');
    const { items } = await client.list(`/api/v1/serviceaccounts?labelSelector=${encodeURIComponent(label)}`);
    expect(items).toContainEqual(expect.objectContaining({ automountServiceAccountToken: false }));
    await client.delete(accounts());
    await seen('DELETED');
    watch.close();
  });

  it('should guarantee kube-root-ca.crt exist in any namespace', { timeout: SLOW }, async () => {
    const path = core('configmaps', ROOT_CA);
    await eventually(() => client.get(path));
    await client.delete(path, { gracePeriodSeconds: 0 });
    await eventually(() => client.get(path));
    await client.update(path, {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: ROOT_CA },
      data: { 'ca.crt': '' },
    });
    await eventually(async () => expect((await client.get(path)).data['ca.crt'] ?? '').not.toBe(''));
  });

  it('should update a ServiceAccount', async () => {
    const created = await client.create(accounts(), account('e2e-sa', { automountServiceAccountToken: false }));
    expect(created.automountServiceAccountToken).toBe(false);
    const current = await client.get(accounts('e2e-sa'));
    const updated = await client.update(accounts('e2e-sa'), { ...current, automountServiceAccountToken: true });
    expect(updated.automountServiceAccountToken).toBe(true);
  });

  it('should create a serviceAccountToken and ensure a successful TokenReview', async () => {
    await client.create(accounts(), account('e2e-sa'));
    const token = await tokenFor('e2e-sa');
    expect(token).not.toBe('');
    const { authenticated, error } = await review(token);
    expect([authenticated, error ?? '']).toEqual([true, '']);
  });
});

describe('SubjectReview', () => {
  it('should support SubjectReview API operations', async () => {
    const { metadata } = await client.create(accounts(), account('e2e'));
    const user = `system:serviceaccount:${ns}:e2e`;
    const groups = ['system:authenticated', 'system:serviceaccounts', `system:serviceaccounts:${ns}`];
    const { uid } = metadata;
    const impersonated = client.impersonating({ user, uid, groups });
    const resourceAttributes = { verb: 'list', resource: 'configmaps', namespace: ns, version: 'v1' };
    const ask = (path: string, kind: string, name: string) =>
      client.create(`/apis/authorization.k8s.io/v1/${path}`, {
        apiVersion: 'authorization.k8s.io/v1',
        kind,
        metadata: kind.startsWith('Local') ? { namespace: ns } : {},
        spec: { resourceAttributes, user: name, groups, uid },
      });
    const isAllowed = async (): Promise<boolean> => {
      const { status } = await impersonated.request('GET', core('configmaps'));
      expect([200, 403]).toContain(status);
      return status === 200;
    };
    const agree = async (expected: boolean): Promise<void> => {
      expect((await ask('subjectaccessreviews', 'SubjectAccessReview', user)).status.allowed).toBe(expected);
      expect(await isAllowed()).toBe(expected);
      const local = `namespaces/${ns}/localsubjectaccessreviews`;
      expect((await ask(local, 'LocalSubjectAccessReview', 'e2e')).status.allowed).toBe(expected);
    };
    await agree(false);
    // Beyond the spec: the three agree on what is allowed, too.
    await client.create(`${RBAC}/namespaces/${ns}/rolebindings`, {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'RoleBinding',
      metadata: { name: 'view' },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'view' },
      subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'Group', name: `system:serviceaccounts:${ns}` }],
    });
    await agree(true);
  });
});

describe('SelfSubjectReview', () => {
  it('should support SelfSubjectReview API operations', async () => {
    const { resources } = await client.as('dynamic').get('/apis/authentication.k8s.io/v1');
    expect(resources.map(({ name }: Any) => name)).toContain('selfsubjectreviews');
    const jane = {
      user: 'jane-doe',
      uid: 'uniq-id',
      groups: ['system:authenticated', 'developers'],
      extra: { 'known-languages': ['python', 'javascript'] },
    };
    const body = { apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview' };
    const { status } = await client
      .impersonating(jane)
      .create('/apis/authentication.k8s.io/v1/selfsubjectreviews', body);
    const { username, uid, groups, extra } = status.userInfo;
    expect({ user: username, uid, groups, extra }).toEqual(jane);
  });
});

describe('[Feature:NodeAuthorizer]', () => {
  let kubelet: GoClient;
  let nodeName: string;

  beforeEach(async () => {
    nodeName = (await client.list('/api/v1/nodes')).items[0].metadata.name;
    kubelet = client.impersonating({ user: `system:node:${nodeName}`, groups: ['system:nodes'] });
  });

  it.each(['secrets', 'configmaps'])('Getting %s that are there or not is Forbidden, not NotFound', async (plural) => {
    expect(await refusal(kubelet.get(core(plural, 'foo')))).toBe(403);
    const kind = plural === 'secrets' ? 'Secret' : 'ConfigMap';
    await client.create(core(plural), { apiVersion: 'v1', kind, metadata: { name: 'node-auth' } });
    expect(await refusal(kubelet.get(core(plural, 'node-auth')))).toBe(403);
  });

  it('Getting a secret for a workload the node has access to should succeed', async () => {
    await client.create(core('secrets'), {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 'node-auth-secret' },
      data: { data: Buffer.from('keep it secret').toString('base64') },
    });
    const secret = core('secrets', 'node-auth-secret');
    expect(await refusal(kubelet.get(secret))).toBe(403);
    await client.create(core('pods'), {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'pause' },
      spec: {
        containers: [{ name: 'pause', image: 'pause:3.10' }],
        nodeName,
        volumes: [{ name: 'node-auth-secret', secret: { secretName: 'node-auth-secret' } }],
      },
    });
    await eventually(() => kubelet.get(secret));
  });

  it("A node shouldn't be able to create or delete another node", async () => {
    const node = { apiVersion: 'v1', kind: 'Node', metadata: { name: 'foo' } };
    expect(await refusal(kubelet.create('/api/v1/nodes', node))).toBe(403);
    expect(await refusal(kubelet.delete('/api/v1/nodes/foo'))).toBe(403);
  });
});

describe('ValidatingAdmissionPolicy [Privileged:ClusterAdmin]', () => {
  const GROUP = '/apis/admissionregistration.k8s.io/v1';
  const POLICIES = `${GROUP}/validatingadmissionpolicies`;
  const BINDINGS = `${GROUP}/validatingadmissionpolicybindings`;
  const apiVersion = 'admissionregistration.k8s.io/v1';

  const policy = (name: string, validation: object, metadata: object = {}): Any => ({
    apiVersion,
    kind: 'ValidatingAdmissionPolicy',
    metadata: { name, ...metadata },
    spec: {
      matchConstraints: {
        namespaceSelector: { matchLabels: { [ns]: 'true' } },
        resourceRules: [
          {
            operations: ['CREATE', 'UPDATE'],
            apiGroups: ['apps'],
            apiVersions: ['v1'],
            resources: ['deployments'],
          },
        ],
      },
      validations: [validation],
    },
  });
  const binding = (name: string, policyName: string, metadata: object = {}): Any => ({
    apiVersion,
    kind: 'ValidatingAdmissionPolicyBinding',
    metadata: { name, ...metadata },
    spec: {
      policyName,
      matchResources: { namespaceSelector: { matchLabels: { [ns]: 'true' } } },
      validationActions: ['Deny'],
    },
  });
  const replicated = (kind: 'Deployment' | 'ReplicaSet', name: string, replicas: number): Any => {
    const labels = { app: 'nginx' };
    const template = { metadata: { labels }, spec: { containers: [{ name: 'nginx', image: 'nginx:latest' }] } };
    return {
      apiVersion: 'apps/v1',
      kind,
      metadata: { name, labels },
      spec: { replicas, selector: { matchLabels: labels }, template },
    };
  };
  const apps = (plural: string) => `/apis/apps/v1/namespaces/${ns}/${plural}`;

  beforeEach(async () => {
    await client.patch(`/api/v1/namespaces/${ns}`, STRATEGIC, { metadata: { labels: { [ns]: 'true' } } });
  });

  it('should validate against a Deployment', async () => {
    const { metadata } = await client.create(
      POLICIES,
      policy(`${ns}.policy.example.com`, {
        expression: 'object.spec.replicas > 1',
        messageExpression: "'wants replicas > 1, got ' + object.spec.replicas",
      }),
    );
    await client.create(BINDINGS, binding(`${ns}.binding.example.com`, metadata.name));
    await eventually(async () => {
      const { status } = await client.request('POST', apps('deployments'), replicated('Deployment', 'marker', 1));
      if (status === 201) await client.delete(`${apps('deployments')}/marker`);
      expect(status).toBe(422);
    });
    await client.create(apps('deployments'), replicated('Deployment', 'replicated', 2));
    await client.create(apps('replicasets'), replicated('ReplicaSet', 'non-replicated', 1));
  });

  it('should type check validation expressions', async () => {
    const checked = async (name: string, validation: object): Promise<Any[]> => {
      const { metadata } = await client.create(POLICIES, policy(`${ns}.${name}.example.com`, validation));
      return await eventually(async () => {
        const { status } = await client.get(`${POLICIES}/${metadata.name}`);
        expect(status?.typeChecking).toBeDefined();
        return status.typeChecking.expressionWarnings ?? [];
      });
    };
    expect(await checked('correct-policy', { expression: 'object.spec.replicas > 1' })).toEqual([]);
    const warnings = await checked('confused-policy', {
      expression: "object.spec.replicas > '1'",
      messageExpression: "'wants replicas > 1, got ' + object.spec.replicas",
    });
    expect(warnings.map(({ fieldRef }) => fieldRef)).toEqual([
      'spec.validations[0].expression',
      'spec.validations[0].messageExpression',
    ]);
    expect(warnings[0].warning).toContain("found no matching overload for '_>_' applied to '(int, string)'");
    expect(warnings[1].warning).toContain("found no matching overload for '_+_' applied to '(string, int)'");
  });

  it.each([
    ['ValidatingAdmissionPolicy', POLICIES],
    ['ValidatingAdmissionPolicyBinding', BINDINGS],
  ])('should support %s API operations', async (kind, path) => {
    const dynamic = client.as('dynamic');
    const plural = path.slice(path.lastIndexOf('/') + 1);
    const { groups } = await dynamic.get('/apis');
    const group = groups.find(({ name }: Any) => name === 'admissionregistration.k8s.io');
    expect(group.versions.map(({ version }: Any) => version)).toContain('v1');
    const { resources } = await dynamic.get(GROUP);
    const served = resources.map(({ name }: Any) => name);
    expect(served).toContain(plural);
    const hasStatus = path === POLICIES;
    expect(served.includes(`${plural}/status`)).toBe(hasStatus);

    const labels = { 'example-e2e-vap-label': ns };
    const selected = `${path}?labelSelector=${encodeURIComponent(`example-e2e-vap-label=${ns}`)}`;
    const made = { generateName: `${ns}-`, name: undefined, labels };
    const template = () =>
      hasStatus ? policy('', { expression: 'object.spec.replicas <= 100' }, made) : binding('', 'a-policy', made);
    await client.create(path, template());
    await client.create(path, template());
    const created = await client.create(path, template());
    const one = `${path}/${created.metadata.name}`;
    expect((await client.get(one)).metadata.uid).toBe(created.metadata.uid);
    const list = await client.list(selected);
    expect(list.items).toHaveLength(3);
    const watch = client.watch(`${selected}&resourceVersion=${list.metadata.resourceVersion}`);
    const patched = await client.patch(one, MERGE, { metadata: { annotations: { patched: 'true' } } });
    expect(patched.metadata.annotations.patched).toBe('true');
    const latest = await client.get(one);
    latest.metadata.annotations = { ...latest.metadata.annotations, updated: 'true' };
    const updated = await client.update(one, latest);
    expect(updated.metadata.annotations.updated).toBe('true');
    await eventually(() => expect(watch.events.at(-1)?.object.metadata.annotations?.updated).toBe('true'));
    expect(new Set(watch.events.map(({ type }) => type))).toEqual(new Set(['MODIFIED']));
    watch.close();
    if (hasStatus) {
      const status = await dynamic.get(`${one}/status`);
      expect([status.kind, status.metadata.uid]).toEqual([kind, created.metadata.uid]);
      const condition = { type: 'StatusUpdate', status: 'True', reason: 'E2E', message: 'Set from an e2e test' };
      const conditions = [{ ...condition, lastTransitionTime: '2026-01-01T00:00:00Z' }];
      const patch = { metadata: { annotations: { patchedstatus: 'true' } }, status: { conditions } };
      const set = await client.patch(`${one}/status`, MERGE, patch);
      expect([set.metadata.annotations.patchedstatus, set.status.conditions]).toMatchObject(['true', [condition]]);
      set.status.conditions = [{ ...conditions[0], type: 'StatusPatched' }];
      const again = await client.update(`${one}/status`, set);
      expect(again.status.conditions.map(({ type }: Any) => type)).toEqual(['StatusPatched']);
    }
    await client.delete(one);
    expect(await refusal(client.get(one))).toBe(404);
    expect((await client.list(selected)).items).toHaveLength(2);
    await client.delete(selected);
    expect((await client.list(selected)).items ?? []).toHaveLength(0);
  });
});

describe('MutatingAdmissionPolicy [Privileged:ClusterAdmin]', () => {
  const GROUP = '/apis/admissionregistration.k8s.io/v1';
  const POLICIES = `${GROUP}/mutatingadmissionpolicies`;
  const BINDINGS = `${GROUP}/mutatingadmissionpolicybindings`;
  const apiVersion = 'admissionregistration.k8s.io/v1';
  const annotating = `
    Object{
      metadata: Object.metadata{
        annotations: {
          "mutated-by": "admission-policy"
        }
      }
    }`;

  const policy = (name: string, expression: string, metadata: object = {}): Any => ({
    apiVersion,
    kind: 'MutatingAdmissionPolicy',
    metadata: { name, ...metadata },
    spec: {
      matchConstraints: {
        namespaceSelector: { matchLabels: { [ns]: 'true' } },
        resourceRules: [
          {
            operations: ['CREATE', 'UPDATE'],
            apiGroups: ['apps'],
            apiVersions: ['v1'],
            resources: ['deployments'],
          },
        ],
      },
      mutations: [{ patchType: 'ApplyConfiguration', applyConfiguration: { expression } }],
      reinvocationPolicy: 'Never',
    },
  });
  const binding = (name: string, policyName: string, metadata: object = {}): Any => ({
    apiVersion,
    kind: 'MutatingAdmissionPolicyBinding',
    metadata: { name, ...metadata },
    spec: { policyName, matchResources: { namespaceSelector: { matchLabels: { [ns]: 'true' } } } },
  });

  beforeEach(async () => {
    await client.patch(`/api/v1/namespaces/${ns}`, STRATEGIC, { metadata: { labels: { [ns]: 'true' } } });
  });

  it.each([
    ['a Deployment with annotations', annotating, { metadata: { annotations: { 'mutated-by': 'admission-policy' } } }],
    ['a Deployment', 'Object{spec: Object.spec{replicas: 1337}}', { spec: { replicas: 1337 } }],
  ])('should mutate %s', async (_what, expression, mutated) => {
    await client.create(POLICIES, policy(`${ns}.policy.example.com`, expression));
    await client.create(BINDINGS, binding(`${ns}.binding.example.com`, `${ns}.policy.example.com`));
    const labels = { app: 'nginx' };
    const template = { metadata: { labels }, spec: { containers: [{ name: 'nginx', image: 'nginx:latest' }] } };
    const deployment = {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'marker-deployment', labels },
      spec: { replicas: 1, selector: { matchLabels: labels }, template },
    };
    const path = `/apis/apps/v1/namespaces/${ns}/deployments`;
    await eventually(async () => {
      const created = await client.create(path, deployment);
      await client.delete(`${path}/marker-deployment`);
      expect(created).toMatchObject(mutated);
    });
  });

  it.each([
    ['MutatingAdmissionPolicy', POLICIES],
    ['MutatingAdmissionPolicyBinding', BINDINGS],
  ])('should support %s API operations', async (_kind, path) => {
    const { groups } = await client.as('dynamic').get('/apis');
    const group = groups.find(({ name }: Any) => name === 'admissionregistration.k8s.io');
    expect(group.versions.map(({ version }: Any) => version)).toContain('v1');
    const { resources } = await client.as('dynamic').get(GROUP);
    expect(resources.map(({ name }: Any) => name)).toContain(path.slice(path.lastIndexOf('/') + 1));

    const labels = { 'example-e2e-map-label': ns };
    const selected = `${path}?labelSelector=${encodeURIComponent(`example-e2e-map-label=${ns}`)}`;
    const made = { generateName: `${ns}-`, name: undefined, labels };
    const isPolicy = path === POLICIES;
    const template = () =>
      isPolicy ? policy('', 'Object{spec: Object.spec{replicas: 100}}', made) : binding('', 'a-policy', made);
    await client.create(path, template());
    await client.create(path, template());
    const created = await client.create(path, template());
    const one = `${path}/${created.metadata.name}`;
    expect((await client.get(one)).metadata.uid).toBe(created.metadata.uid);
    const list = await client.list(selected);
    expect(list.items).toHaveLength(3);
    const watch = client.watch(`${selected}&resourceVersion=${list.metadata.resourceVersion}`);
    const [field, first, second] = isPolicy
      ? ['reinvocationPolicy', 'IfNeeded', 'Never']
      : ['policyName', 'new-policy.example.com', 'updated-policy.example.com'];
    const change = { metadata: { annotations: { patched: 'true' } }, spec: { [field]: first } };
    const patched = await client.patch(one, MERGE, change);
    expect(patched.metadata.annotations.patched).toBe('true');
    expect(patched.spec[field]).toBe(first);
    const latest = await client.get(one);
    latest.metadata.annotations = { ...latest.metadata.annotations, updated: 'true' };
    latest.spec[field] = second;
    const updated = await client.update(one, latest);
    expect(updated.metadata.annotations.updated).toBe('true');
    expect(updated.spec[field]).toBe(second);
    await eventually(() => expect(watch.events.at(-1)?.object.metadata.annotations?.updated).toBe('true'));
    expect(new Set(watch.events.map(({ type }) => type))).toEqual(new Set(['MODIFIED']));
    watch.close();
    await client.delete(one);
    expect(await refusal(client.get(one))).toBe(404);
    expect((await client.list(selected)).items).toHaveLength(2);
    await client.delete(selected);
    expect((await client.list(selected)).items ?? []).toHaveLength(0);
  });
});
