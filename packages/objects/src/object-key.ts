/** `namespace/name`, the key of caches and workqueues. The namespace is empty for cluster-scoped objects. */
export const keyOf = ({ namespace, name }: { namespace: string; name: string }): string => `${namespace}/${name}`;

/** `resource/namespace/name`: the key of an object among objects of all resources. */
export const resourceKeyOf = (object: { resource: string; namespace: string; name: string }): string =>
  `${object.resource}/${keyOf(object)}`;
