import type { PodSpec, ServiceAccount, Volume } from '@everynode/objects';

const VOLUME = 'kube-api-access-';
const MOUNT_PATH = '/var/run/secrets/kubernetes.io/serviceaccount';
/** An hour, and the few seconds by which kubelets tell these tokens from those that a client asked for. */
const EXPIRATION_SECONDS = 3607;

/**
 * Completes a pod's spec with what its service account has: the volume with the account's token, the certificate of the
 * api and the namespace, in each container that mounts nothing there itself; and the account's pull secrets, where the
 * pod names none. `suffix` makes the volume's name unique. Source: plugin/pkg/admission/serviceaccount/admission.go.
 */
export function withAccountOf(spec: PodSpec, account: ServiceAccount, suffix: () => string): PodSpec {
  const automount = spec.automountServiceAccountToken ?? account.automountServiceAccountToken ?? true;
  const completed = automount ? withTokenVolume(spec, suffix) : spec;
  const { imagePullSecrets = [] } = account;
  if (spec.imagePullSecrets?.length || imagePullSecrets.length === 0) return completed;
  return { ...completed, imagePullSecrets: imagePullSecrets.map(({ name }) => ({ ...(name && { name }) })) };
}

function withTokenVolume(spec: PodSpec, suffix: () => string): PodSpec {
  const existing = spec.volumes?.find(({ name }) => name?.startsWith(VOLUME));
  const name = existing?.name ?? VOLUME + suffix();
  let isMounted = false;
  const mounting = <C extends PodSpec['containers'][number]>(container: C): C => {
    const { volumeMounts = [] } = container;
    if (volumeMounts.some(({ mountPath }) => mountPath === MOUNT_PATH)) return container;
    isMounted = true;
    return { ...container, volumeMounts: [...volumeMounts, { name, readOnly: true, mountPath: MOUNT_PATH }] };
  };
  // Nothing has validated the pod yet: it may lack what a pod must have.
  const containers = (spec.containers ?? []).map(mounting);
  const initContainers = spec.initContainers?.map(mounting);
  if (!isMounted) return spec;
  return {
    ...spec,
    containers,
    ...(initContainers && { initContainers }),
    ...(!existing && { volumes: [...(spec.volumes ?? []), tokenVolume(name)] }),
  };
}

function tokenVolume(name: string): Volume {
  return {
    name,
    projected: {
      sources: [
        { serviceAccountToken: { expirationSeconds: EXPIRATION_SECONDS, path: 'token' } },
        { configMap: { name: 'kube-root-ca.crt', items: [{ key: 'ca.crt', path: 'ca.crt' }] } },
        {
          downwardAPI: {
            items: [{ path: 'namespace', fieldRef: { apiVersion: 'v1', fieldPath: 'metadata.namespace' } }],
          },
        },
      ],
      defaultMode: 0o644,
    },
  };
}

const ENFORCES = 'kubernetes.io/enforce-mountable-secrets';
/** What Go's strconv.ParseBool takes for true. */
const TRUE = ['1', 't', 'T', 'true', 'TRUE', 'True'];

/**
 * Returns what a pod names of secrets that its account does not, where an annotation of the account asks for that;
 * undefined where there is nothing. Source: the same file, limitSecretReferences.
 */
export function unmountableSecret(spec: PodSpec, account: ServiceAccount): string | undefined {
  const { metadata, secrets = [], imagePullSecrets = [] } = account;
  if (!TRUE.includes(metadata?.annotations?.[ENFORCES] ?? '')) return undefined;
  const named = new Set(secrets.map(({ name }) => name));
  const why = `is not allowed because service account ${metadata?.name} does not reference that`;
  for (const { secret } of spec.volumes ?? []) {
    if (secret && !named.has(secret.secretName)) {
      return `volume with secret.secretName="${secret.secretName}" ${why} secret`;
    }
  }
  const kinds = [
    ['init container', spec.initContainers],
    ['container', spec.containers],
    ['ephemeral container', spec.ephemeralContainers],
  ] as const;
  for (const [what, containers = []] of kinds) {
    for (const { name: container, env = [], envFrom = [] } of containers) {
      for (const { secretRef } of envFrom) {
        if (!secretRef || named.has(secretRef.name)) continue;
        return `${what} ${container} with envFrom referencing secret.secretName="${secretRef.name ?? ''}" ${why} secret`;
      }
      for (const { name, valueFrom } of env) {
        const secret = valueFrom?.secretKeyRef;
        if (!secret || named.has(secret.name)) continue;
        return `${what} ${container} with envVar ${name} referencing secret.secretName="${secret.name ?? ''}" ${why} secret`;
      }
    }
  }
  const pulls = new Set(imagePullSecrets.map(({ name }) => name));
  const at = (spec.imagePullSecrets ?? []).findIndex(({ name }) => !pulls.has(name));
  const name = spec.imagePullSecrets?.[at]?.name ?? '';
  return at < 0 ? undefined : `imagePullSecrets[${at}].name="${name}" ${why} imagePullSecret`;
}

/** Returns what a mirror pod may not refer to, and does; undefined for none. Source: the same file, Validate. */
export function mirrorFault(spec: PodSpec): string | undefined {
  if (spec.serviceAccountName) return 'a mirror pod may not reference service accounts';
  const volumes = spec.volumes ?? [];
  const sources = volumes.flatMap(({ projected }) => projected?.sources ?? []);
  const containers = [...(spec.initContainers ?? []), ...spec.containers, ...(spec.ephemeralContainers ?? [])];
  const hasSecrets =
    volumes.some(({ secret }) => secret) ||
    sources.some(({ secret }) => secret) ||
    (spec.imagePullSecrets ?? []).length > 0 ||
    containers.some(
      ({ env = [], envFrom = [] }) =>
        env.some(({ valueFrom }) => valueFrom?.secretKeyRef) || envFrom.some(({ secretRef }) => secretRef),
    );
  if (hasSecrets) return 'a mirror pod may not reference secrets';
  const hasTokens = sources.some(({ serviceAccountToken }) => serviceAccountToken);
  return hasTokens ? 'a mirror pod may not use ServiceAccountToken volume projections' : undefined;
}
