import { canonicalJson, fnv1aOfBytes, NAME_ALPHABET, type PodTemplateSpec } from '@everynode/objects';

/**
 * The hash of a pod template in the names and labels of revisions and ReplicaSets. Clients rely on it being unique and
 * stable, not on its value. `collisionCount` changes it when two templates have the same hash.
 * Source: pkg/controller/controller_utils.go, ComputeHash.
 */
export function templateHash(template: PodTemplateSpec | undefined, collisionCount?: number | null): string {
  const bytes = new TextEncoder().encode(canonicalJson(template ?? {}));
  let hash = fnv1aOfBytes(bytes);
  if (collisionCount != null) {
    const salt = new Uint8Array(8);
    new DataView(salt.buffer).setUint32(0, collisionCount, true);
    hash = fnv1aOfBytes(salt, hash);
  }
  return [...String(hash)].map((digit) => NAME_ALPHABET[digit.charCodeAt(0) % NAME_ALPHABET.length]).join('');
}
