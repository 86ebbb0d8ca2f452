import type { PodSpec } from '@everynode/objects';
import { describe, expect, it } from 'vitest';
import { withAccountOf } from './index.js';

const PATH = '/var/run/secrets/kubernetes.io/serviceaccount';
const container = (name: string, volumeMounts?: object[]) => ({
  name,
  image: 'x',
  ...(volumeMounts && { volumeMounts }),
});
const spec = (more: object = {}): PodSpec => ({ containers: [container('a')], ...more }) as PodSpec;
const complete = (pod: PodSpec, account: object = {}) => withAccountOf(pod, account, () => 'abcde');
const mount = { name: 'kube-api-access-abcde', readOnly: true, mountPath: PATH };

describe('the token of a service account', () => {
  it('is in a volume that each container mounts', () => {
    const pod = complete(spec({ initContainers: [container('i')], volumes: [{ name: 'v', emptyDir: {} }] }));
    expect(pod.containers[0]?.volumeMounts).toEqual([mount]);
    expect(pod.initContainers?.[0]?.volumeMounts).toEqual([mount]);
    expect(pod.volumes).toEqual([
      { name: 'v', emptyDir: {} },
      {
        name: 'kube-api-access-abcde',
        projected: {
          defaultMode: 420,
          sources: [
            { serviceAccountToken: { expirationSeconds: 3607, path: 'token' } },
            { configMap: { name: 'kube-root-ca.crt', items: [{ key: 'ca.crt', path: 'ca.crt' }] } },
            {
              downwardAPI: {
                items: [{ path: 'namespace', fieldRef: { apiVersion: 'v1', fieldPath: 'metadata.namespace' } }],
              },
            },
          ],
        },
      },
    ]);
  });

  it.each<[name: string, pod: object, account: object, mounted: boolean]>([
    ['the pod and the account say nothing', {}, {}, true],
    ['the pod says no', { automountServiceAccountToken: false }, { automountServiceAccountToken: true }, false],
    ['the pod says yes', { automountServiceAccountToken: true }, { automountServiceAccountToken: false }, true],
    ['the account says no', {}, { automountServiceAccountToken: false }, false],
  ])('is mounted or not, where %s', (_name, pod, account, mounted) => {
    expect(complete(spec(pod), account).volumes?.length ?? 0).toBe(mounted ? 1 : 0);
  });

  it('is not mounted over what a container mounts there itself', () => {
    const own = [{ name: 'mine', mountPath: PATH }];
    const pod = spec({ containers: [container('a', own)], volumes: [{ name: 'mine', emptyDir: {} }] });
    expect(complete(pod)).toEqual(pod);
  });

  it('stays in the volume that the pod has for it already', () => {
    const volumes = [{ name: 'kube-api-access-zzzzz', emptyDir: {} }];
    const pod = complete(spec({ volumes }));
    expect(pod.volumes).toEqual(volumes);
    expect(pod.containers[0]?.volumeMounts).toEqual([{ ...mount, name: 'kube-api-access-zzzzz' }]);
  });
});

describe('pull secrets', () => {
  const account = { automountServiceAccountToken: false, imagePullSecrets: [{ name: 'registry' }] };
  it('are those of the account, unless the pod has its own', () => {
    expect(complete(spec(), account).imagePullSecrets).toEqual([{ name: 'registry' }]);
    expect(complete(spec({ imagePullSecrets: [{ name: 'own' }] }), account).imagePullSecrets).toEqual([
      { name: 'own' },
    ]);
  });
});
