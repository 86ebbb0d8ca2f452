import { randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ensureCertificates } from '@everynode/local-stack';
import type { DaemonSet } from '@everynode/objects';
import {
  type DockerEngine,
  eventually,
  findOrStartEngine,
  isEngineImpossible,
  maySystemAdmin,
} from '@everynode/test-kit';
import type { StartedNetwork, StartedTestContainer } from 'testcontainers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { buildImages, dockerAt, imageOf, NATS, POSTGRES } from './local-images.js';

const at = (path: string): string => fileURLToPath(new URL(`../../${path}`, import.meta.url));

// It is found out before the tests are named: where no engine can run, the run says so in a test of its own.
if (await isEngineImpossible()) describe('containers', notRun);
else describe('the three services in containers, from their images', containers);

function notRun(): void {
  const notice =
    'NOT RUN: the container test needs a Docker Engine. None answers, and root cannot start one here without the ' +
    'capability CAP_SYS_ADMIN. Run the tests on a machine or in a privileged container, or name an engine in DOCKER_HOST.';
  process.stderr.write(`\n${notice}\n\n`);
  it(notice, async () => {
    expect(await maySystemAdmin()).toBe(false);
  });
}

function containers(): void {
  let engine: DockerEngine | undefined;
  const started: StartedTestContainer[] = [];
  let network: StartedNetwork | undefined;
  let pki: string | undefined;
  let call: (method: string, path: string, body?: object) => Promise<{ status: number; body: unknown }>;

  beforeAll(async () => {
    engine = await findOrStartEngine();
    const { host } = engine;
    await buildImages(dockerAt(host));
    // testcontainers reads where the engine is when it is loaded.
    process.env.DOCKER_HOST = host;
    process.env.TESTCONTAINERS_RYUK_DISABLED = 'true';
    const { GenericContainer, Network, Wait } = await import('testcontainers');
    network = await new Network().start();
    const secret = () => randomBytes(16).toString('hex');
    const database = secret();
    const folder = await mkdtemp(join(tmpdir(), 'everynode-pki-'));
    pki = folder;
    const { pem } = await ensureCertificates(folder, 'localhost', new Date());

    const files = (names: string[], target: string) =>
      names.map((name) => ({ source: join(folder, name), target: `${target}/${name}`, mode: 0o644 }));
    // Volumes of the engine, as in the compose file. They are this run's own.
    const run = secret();
    const busVolume = (name: string) => ({ source: `everynode-${run}-${name}`, target: `/bus/${name}` });
    const start = async (container: InstanceType<typeof GenericContainer>, alias: string) => {
      const running = await container
        .withNetwork(network as StartedNetwork)
        .withNetworkAliases(alias)
        .withStartupTimeout(60_000)
        .start();
      started.push(running);
      return running;
    };
    await Promise.all([
      start(
        new GenericContainer(POSTGRES)
          .withEnvironment({ POSTGRES_USER: 'everynode', POSTGRES_PASSWORD: database, POSTGRES_DB: 'everynode' })
          .withWaitStrategy(Wait.forLogMessage(/database system is ready to accept connections/, 1)),
        'postgres',
      ),
      start(
        new GenericContainer(imageOf('bus-credentials'))
          .withCopyFilesToContainer(files(['ca.crt', 'nats.crt', 'nats.key'], '/pki'))
          .withBindMounts(['authority', 'server', 'services', 'requests', 'answers'].map((name) => busVolume(name))),
        'bus-credentials',
      ),
    ]);
    await start(
      new GenericContainer(NATS)
        .withCommand(['-c', '/bus/server/nats.conf'])
        .withBindMounts([busVolume('server')])
        .withWaitStrategy(Wait.forLogMessage(/Server is ready/)),
      'nats',
    );
    const environment = {
      DATABASE_URL: `postgres://everynode:${database}@postgres:5432/everynode`,
      NATS_URL: 'nats://nats:4222',
      NATS_CA: '/bus/services/ca.crt',
    };
    const credentialOf = (service: string) => ({ NATS_CREDS: `/bus/services/${service}.creds` });
    const [api] = await Promise.all([
      start(
        new GenericContainer(imageOf('api'))
          .withEnvironment({
            ...environment,
            ...credentialOf('api'),
            EVERYNODE_TLS_CERT: '/tmp/pki/api.crt',
            EVERYNODE_TLS_KEY: '/tmp/pki/api.key',
            EVERYNODE_CLIENT_CA: '/tmp/pki/ca.crt',
            EVERYNODE_SERVICE_ACCOUNT_KEY: '/tmp/pki/service-account.key',
          })
          .withCopyFilesToContainer(files(['ca.crt', 'api.crt', 'api.key', 'service-account.key'], '/tmp/pki'))
          .withBindMounts([busVolume('services')])
          .withExposedPorts(6443)
          .withWaitStrategy(Wait.forHealthCheck()),
        'api',
      ),
      start(
        new GenericContainer(imageOf('scheduler'))
          .withEnvironment({
            ...environment,
            ...credentialOf('scheduler'),
            EVERYNODE_ENROLMENTS: '/bus/services/enrolments.json',
          })
          .withBindMounts([busVolume('services')])
          .withWaitStrategy(Wait.forHealthCheck()),
        'scheduler',
      ),
      start(
        new GenericContainer(imageOf('node-agent'))
          .withEnvironment({ NATS_URL: 'nats://nats:4222', NODES: '3' })
          .withBindMounts([busVolume('requests'), busVolume('answers')])
          .withWaitStrategy(Wait.forHealthCheck()),
        'node-agent',
      ),
    ]);
    call = caller(api.getHost(), api.getMappedPort(6443), { ca: pem.ca, ...clientOf(pem.admin) });
  }, 480_000);

  afterAll(async () => {
    await Promise.all(started.map((container) => container.stop()));
    await network?.stop();
    if (pki) await rm(pki, { recursive: true, force: true });
    await engine?.stop();
  }, 60_000);

  it('run a daemon on every node, applied through the mapped port', async () => {
    const manifest = parse(await readFile(at('examples/fluentd-elasticsearch.yaml'), 'utf8')) as object;
    const path = '/apis/apps/v1/namespaces/kube-system/daemonsets';
    expect((await call('POST', path, manifest)).status).toBe(201);
    await eventually(async () => {
      const { body } = await call('GET', `${path}/fluentd-elasticsearch`);
      expect((body as DaemonSet).status).toMatchObject({ desiredNumberScheduled: 3, numberReady: 3 });
    }, 30_000);
  });

  it('run as an ordinary user', async () => {
    const users = await Promise.all(
      started.map(async (container) => (await container.exec(['node', '-p', 'process.getuid()'])).output.trim()),
    );
    // The NATS image holds Node too, since it is made from the same base here.
    expect(users).toEqual(started.map(() => '1000'));
  });
}

const clientOf = ({ certificate, key }: { certificate: string; key: string }) => ({ cert: certificate, key });

/** Calls the API with the administrator's certificate. */
function caller(host: string, port: number, tls: { ca: string; cert: string; key: string }) {
  return (method: string, path: string, body?: object): Promise<{ status: number; body: unknown }> =>
    new Promise((resolve, reject) => {
      const outgoing = request(
        { host, port, path, method, servername: 'localhost', ...tls, headers: { 'content-type': 'application/json' } },
        (response) => {
          let text = '';
          response.on('data', (chunk: Buffer) => {
            text += chunk.toString();
          });
          response.on('end', () => resolve({ status: response.statusCode ?? 0, body: JSON.parse(text) }));
        },
      );
      outgoing.on('error', reject);
      outgoing.end(body && JSON.stringify(body));
    });
}
