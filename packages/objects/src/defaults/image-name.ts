/** Last path segment with its tag, digest cut off: `registry:5000/a/b:1.2`. */
const TAG = /^[^@]*\/?[^/@:]+:([\w][\w.-]{0,127})$/;

/**
 * The tag of an image, `latest` when it names neither tag nor digest, empty when it has a digest alone or is no name
 * (distribution's reference grammar, as the kubelet's ParseImageName reads it).
 */
function imageTag(image: string): string {
  const [name = '', digest] = image.split('@', 2);
  const tag = TAG.exec(name)?.[1];
  if (tag !== undefined) return tag;
  return name === '' || digest !== undefined || name.endsWith(':') ? '' : 'latest';
}

/** `Always` for `latest`, else `IfNotPresent`. */
export function defaultPullPolicy(image: string): 'Always' | 'IfNotPresent' {
  return imageTag(image) === 'latest' ? 'Always' : 'IfNotPresent';
}
