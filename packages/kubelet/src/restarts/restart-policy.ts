import type { Container, PodSpec } from '@everynode/objects';

type Ruled = Pick<Container, 'restartPolicy' | 'restartPolicyRules'>;

/**
 * Whether a container is started again that has ended with `code`. Its own rules stand above its own policy, and that
 * above the pod's. An init container has done its work when it ends with 0, whatever the policy. Source: KEP-5307;
 * pkg/kubelet/container/helpers.go, ShouldContainerBeRestarted.
 */
export function isRestarted(
  { restartPolicy, restartPolicyRules = [] }: Ruled,
  kind: 'init' | 'sidecar' | 'main' | 'ephemeral',
  { restartPolicy: podPolicy = 'Always' }: Pick<PodSpec, 'restartPolicy'>,
  code: number,
): boolean {
  if (kind === 'ephemeral') return false;
  if (kind === 'init' && code === 0) return false;
  const isRuled = restartPolicyRules.some(({ action, exitCodes }) => {
    if (action !== 'Restart' || !exitCodes) return false;
    return (exitCodes.values ?? []).includes(code) === (exitCodes.operator === 'In');
  });
  if (isRuled) return true;
  const policy = restartPolicy ?? podPolicy;
  return policy === 'Always' || (policy === 'OnFailure' && code !== 0);
}
