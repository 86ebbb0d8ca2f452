import type { Node, ServiceAccount } from '../kinds/api-types.js';

/** Fields that nothing reads any more. Source: pkg/registry/core/node/strategy.go, fieldIsDeprecatedWarnings. */
export function nodeWarnings({ spec }: Node): string[] {
  return [
    ...(spec?.configSource ? ['spec.configSource: the feature is no longer supported'] : []),
    ...(spec?.externalID ? ['spec.externalID: this field is deprecated, and is unused by Kubernetes'] : []),
  ];
}

const MOUNTABLE = 'kubernetes.io/enforce-mountable-secrets';

/** Source: pkg/registry/core/serviceaccount/strategy.go, warnIfHasEnforceMountableSecretsAnnotation. */
export function serviceAccountWarnings({ metadata }: ServiceAccount, before: ServiceAccount | undefined): string[] {
  const has = (annotations: Record<string, string> | undefined): boolean => Object.hasOwn(annotations ?? {}, MOUNTABLE);
  if (!has(metadata?.annotations) || has(before?.metadata?.annotations)) return [];
  const advice = 'deprecated in v1.32+; prefer separate namespaces to isolate access to mounted secrets';
  return [`metadata.annotations[${MOUNTABLE}]: ${advice}`];
}
