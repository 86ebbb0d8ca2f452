/** The last path segment with its tag, without the digest: `registry:5000/a/b:1.2`. */
const TAG = /^[^@]*\/?[^/@:]+:([\w][\w.-]{0,127})$/;

/**
 * The tag of an image. It is `latest` for an image without tag and digest, and empty for one with only a digest and for
 * a text that is no name (distribution's reference grammar, as the kubelet's ParseImageName reads it).
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
