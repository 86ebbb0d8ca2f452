import { Workqueue } from '@everynode/list-watch';
import {
  BOOTSTRAP_NAMESPACE,
  type BootstrapToken,
  type ConfigMap,
  isBootstrapTokenExpired,
  readBootstrapToken,
  resourceByStorage,
  type Secret,
  type Stored,
} from '@everynode/objects';
import { CompactSign } from 'jose';
import { stringify } from 'yaml';
import type { ApiContext } from '../api-context.js';
import { commit } from '../write/commit.js';
import { decisionFor } from '../write/decision.js';
import { objectOf } from '../write/stored-object.js';

const NAMESPACE = 'kube-public';
const NAME = 'cluster-info';
const KUBECONFIG = 'kubeconfig';
const SIGNATURE = 'jws-kubeconfig-';
/** In ms. */
const RETRY = { firstMs: 1000, maxMs: 1000 };

/** A kubeconfig with the cluster alone, as kubeadm publishes it. Source: kubeadm, phases/bootstraptoken/clusterinfo. */
export function clusterInfo(server: string, ca: string): string {
  const cluster = { 'certificate-authority-data': Buffer.from(ca).toString('base64'), server };
  return stringify({
    apiVersion: 'v1',
    clusters: [{ cluster, name: '' }],
    contexts: null,
    'current-context': '',
    kind: 'Config',
    preferences: {},
    users: null,
  });
}

/** A detached signature: the middle part, which is the content, is left out. Source: cluster-bootstrap/token/jws. */
async function signatureOf(content: string, { id, secret }: BootstrapToken): Promise<string> {
  const signed = await new CompactSign(Buffer.from(content))
    .setProtectedHeader({ alg: 'HS256', kid: id })
    .sign(Buffer.from(secret));
  const [header = '', , signature = ''] = signed.split('.');
  return `${header}..${signature}`;
}

/**
 * Keeps a signature of the cluster's information for every bootstrap token that may sign, so that a joiner who knows a
 * token can check what it has read anonymously. Source: pkg/controller/bootstrap/bootstrapsigner.go.
 */
export class ClusterInfoSigner {
  readonly #context: ApiContext;
  /** Of one key: what comes while it is signed is signed once more. */
  readonly #queue: Workqueue;

  constructor(context: ApiContext) {
    this.#context = context;
    this.#queue = new Workqueue({
      workers: 1,
      reconcile: () => this.#sign(),
      onError: (_key, err) => context.log.warn({ err }, 'the information of the cluster could not be signed'),
      backoff: () => RETRY,
    });
  }

  /** Follows tokens until the service stops. The caches must be filled. */
  start(): void {
    this.#context.reflector.addListener({
      onChanges: (changes) => {
        const concerned = changes.some(({ current: { record } }) =>
          record.resource === 'secrets'
            ? record.namespace === BOOTSTRAP_NAMESPACE && record.name.startsWith('bootstrap-token-')
            : record.resource === 'configmaps' && record.namespace === NAMESPACE && record.name === NAME,
        );
        if (concerned) this.run();
      },
    });
    this.run();
  }

  run(): void {
    this.#queue.add(NAME);
  }

  /** Resolves when nothing is being signed. */
  close(): Promise<void> {
    return this.#queue.close();
  }

  async #sign(): Promise<undefined> {
    const { reflector } = this.#context;
    const cached = reflector.cache('configmaps').get(NAMESPACE, NAME);
    const content = (cached?.object as ConfigMap | undefined)?.data?.[KUBECONFIG];
    if (content === undefined) return;
    const signatures = await this.#signatures(content, Date.now());
    const target = { definition: resourceByStorage('configmaps'), namespace: NAMESPACE, name: NAME };
    const wanted = (object: ConfigMap): Record<string, string> => ({
      ...Object.fromEntries(Object.entries(object.data ?? {}).filter(([key]) => !key.startsWith(SIGNATURE))),
      ...signatures,
    });
    const now = cached?.object as ConfigMap;
    if (isSame(wanted(now), now.data ?? {})) return;
    await commit(this.#context, {
      target,
      dryRun: false,
      decide: (current) => {
        const object = current && (objectOf(target, current) as Stored<ConfigMap>);
        if (!object || object.data?.[KUBECONFIG] !== content) return { kind: 'keep' };
        object.data = wanted(object);
        return decisionFor(target, object, current);
      },
    });
  }

  async #signatures(content: string, now: number): Promise<Record<string, string>> {
    const signatures: Record<string, string> = {};
    for (const { object } of this.#context.reflector.cache('secrets').list(BOOTSTRAP_NAMESPACE)) {
      const token = readBootstrapToken(object as Secret);
      if (!token?.signs || isBootstrapTokenExpired(token, now)) continue;
      signatures[`${SIGNATURE}${token.id}`] = await signatureOf(content, token);
    }
    return signatures;
  }
}

function isSame(a: Record<string, string>, b: Record<string, string>): boolean {
  const keys = Object.keys(a);
  return keys.length === Object.keys(b).length && keys.every((key) => a[key] === b[key]);
}
