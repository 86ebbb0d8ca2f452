import {
  type CustomResourceDefinition,
  type CustomResourceVersion,
  compareVersions,
  type KubeObject,
} from '@everynode/objects';

/**
 * What clients of a deprecated version are told; undefined for the others.
 * Source: apiextensions-apiserver pkg/apiserver/customresource_handler.go, defaultDeprecationWarning.
 */
export function deprecationOf(
  { group, names: { kind }, versions }: CustomResourceDefinition['spec'],
  { name, deprecated, deprecationWarning }: CustomResourceVersion,
): string | undefined {
  if (!deprecated) return undefined;
  if (deprecationWarning !== undefined) return deprecationWarning;
  const [better] = versions
    .filter((one) => one.served && !one.deprecated && compareVersions(one.name, name) < 0)
    .toSorted((a, b) => compareVersions(a.name, b.name));
  const text = `${group}/${name} ${kind} is deprecated`;
  return better ? `${text}; use ${group}/${better.name} ${kind}` : text;
}

const STANDARD = new Set(['orphan', 'foregroundDeletion', 'kubernetes']);
const QUALIFIED = /^(?:[^/]+\/)?[A-Za-z0-9](?:[-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/;

/** Source: apiextensions-apiserver pkg/registry/customresource, generateWarningsFromObj. */
export function finalizerWarnings(object: KubeObject, before: KubeObject | undefined): string[] {
  const known = new Set(before?.metadata.finalizers ?? []);
  const added = (object.metadata.finalizers ?? []).filter((name) => !known.has(name));
  return [...new Set(added)].toSorted().flatMap((name) => {
    if (name.includes('/') || STANDARD.has(name) || !QUALIFIED.test(name)) return [];
    const path = name.includes('.') ? ' including a path (/)' : '';
    const why = 'to avoid accidental conflicts with other finalizer writers';
    return [`metadata.finalizers: ${JSON.stringify(name)}: prefer a domain-qualified finalizer name${path} ${why}`];
  });
}
