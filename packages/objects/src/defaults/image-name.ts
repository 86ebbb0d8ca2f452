const TAG = /^\w[\w.-]{0,127}$/;

/** The tag of the last path segment of a name without its digest, as in `registry:5000/a/b:1.2`. */
function tagOf(name: string): string | undefined {
  const at = name.lastIndexOf(':');
  if (at < 1 || '/:'.includes(name.charAt(at - 1))) return undefined;
  const tag = name.slice(at + 1);
  return TAG.test(tag) ? tag : undefined;
}

/**
 * The tag of an image. It is `latest` for an image without tag and digest, and empty for one with only a digest and for
 * a text that is no name (distribution's reference grammar, as the kubelet's ParseImageName reads it).
 */
function imageTag(image: string): string {
  const [name = '', digest] = image.split('@', 2);
  const tag = tagOf(name);
  if (tag !== undefined) return tag;
  return name === '' || digest !== undefined || name.endsWith(':') ? '' : 'latest';
}

/** `Always` for `latest`, else `IfNotPresent`. */
export function defaultPullPolicy(image: string): 'Always' | 'IfNotPresent' {
  return imageTag(image) === 'latest' ? 'Always' : 'IfNotPresent';
}
