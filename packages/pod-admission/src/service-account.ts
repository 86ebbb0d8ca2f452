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
