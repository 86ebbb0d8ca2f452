import { type KubeClient, MERGE_PATCH } from '../client/kube-client.js';
import { NAMESPACE } from '../run/workload.js';

/** What an attacker sends, again and again. */
export interface Attack {
  /** One line for the table of results. */
  about: string;
  /** Requests that are under way at any time. */
  atOnce: number;
  /** Sends one request, and returns when it is answered. `lane` is that of the requests that are sent at once. */
  send(client: KubeClient, lane: number): Promise<unknown>;
}

/** The attacker is an administrator, so that nothing but fairness is in its way. */
const NOISY = { as: 'bench-noisy', accepts: [400, 404, 409, 413, 422, 429] };
const YAML = { ...NOISY, contentType: 'application/yaml' };
const MAPS = `/api/v1/namespaces/${NAMESPACE}/configmaps`;

/** The most keys of a map that the server accepts. */
const MOST_KEYS = 10_000;

const repeated = (count: number, line: (at: number) => string): string =>
  Array.from({ length: count }, (_, at) => line(at)).join('');
const mapOf = (keys: number): string => `metadata: {name: x}\ndata:\n${repeated(keys, (at) => `  k${at}: v\n`)}`;
const podOf = (containers: number): string =>
  `{"metadata":{"name":"x"},"spec":{"containers":[${repeated(containers - 1, () => '{},')}{}]}}`;

function lazily<T>(make: () => T): () => T {
  let made: T | undefined;
  return () => {
    made ??= make();
    return made;
  };
}

const deepYaml = lazily(() => '['.repeat(2_900_000));
const bigYaml = lazily(() => mapOf(180_000));
const bigJson = lazily(() => podOf(1_000_000));
const largest = lazily(() => repeated(MOST_KEYS - 1, (at) => `"k${at}":"v",`));

const ATTACK_NAMES = [
  'big bodies',
  'deep bodies',
  'large objects',
  'small GETs',
  'lists',
  'compressed lists',
  'watches',
  'patches',
  'connections',
] as const;

export type AttackName = (typeof ATTACK_NAMES)[number];

/** An agent that floods the bus. It needs a cluster of our own, which has a credential for it. */
export const FLOODING_AGENT = 'flooding agent';

export const ATTACKER_NAMES = [...ATTACK_NAMES, FLOODING_AGENT] as const;

export type AttackerName = (typeof ATTACKER_NAMES)[number];

export const ATTACKS: Readonly<Record<AttackName, Attack>> = {
  'big bodies': {
    about: '2 MB of YAML and 3 MB of JSON with too many values',
    atOnce: 16,
    send: async (client, lane) => {
      if (lane % 2 === 0) await client.timed('POST', MAPS, bigYaml(), YAML);
      else await client.timed('POST', `/api/v1/namespaces/${NAMESPACE}/pods`, bigJson(), NOISY);
    },
  },
  'deep bodies': {
    about: '2.9 MB of brackets in YAML',
    atOnce: 16,
    send: (client) => client.timed('POST', MAPS, deepYaml(), YAML),
  },
  'large objects': {
    about: 'a ConfigMap of 10,000 keys, written again and again',
    atOnce: 16,
    send: async (client, lane) => {
      const name = `bench-noisy-${lane}`;
      const body = `{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"${name}"},"data":{${largest()}"turn":"${performance.now()}"}}`;
      await client.timed('PUT', `${MAPS}/${name}`, body, NOISY);
    },
  },
  'small GETs': {
    about: 'GET of one object, 64 at once',
    atOnce: 64,
    send: (client) => client.timed('GET', '/api/v1/namespaces/default', undefined, NOISY),
  },
  lists: {
    about: 'lists of all nodes and of all pods',
    atOnce: 16,
    send: (client, lane) => client.timed('GET', lane % 2 === 0 ? '/api/v1/nodes' : '/api/v1/pods', undefined, NOISY),
  },
  'compressed lists': {
    about: 'the same lists with gzip',
    atOnce: 16,
    send: (client, lane) =>
      client.timed('GET', lane % 2 === 0 ? '/api/v1/nodes' : '/api/v1/pods', undefined, { ...NOISY, gzip: true }),
  },
  watches: {
    about: 'watches of all nodes that begin with all of them, and end after a second',
    atOnce: 16,
    send: (client) =>
      client.timed('GET', '/api/v1/nodes?watch=true&timeoutSeconds=1', undefined, { ...NOISY, fresh: true }),
  },
  patches: {
    about: 'PATCH of one object, 64 at once',
    atOnce: 64,
    send: (client) =>
      client.timed('PATCH', `${MAPS}/bench-noisy`, `{"data":{"turn":"${performance.now()}"}}`, {
        ...NOISY,
        contentType: MERGE_PATCH,
      }),
  },
  connections: {
    about: 'a new connection for each GET, 32 at once',
    atOnce: 32,
    send: (client) => client.timed('GET', '/version', undefined, { ...NOISY, fresh: true }),
  },
};

/** Makes the objects that attacks write. */
export async function prepareAttacks(client: KubeClient): Promise<void> {
  const { atOnce } = ATTACKS['large objects'];
  for (const suffix of ['', ...Array.from({ length: atOnce }, (_, lane) => `-${lane}`)]) {
    const body = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: `bench-noisy${suffix}` } };
    await client.timed('POST', MAPS, body, { accepts: [409] });
  }
}
