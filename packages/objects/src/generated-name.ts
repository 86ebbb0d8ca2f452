/** Letters and digits of generated names: no vowels, so that no words appear. Source: apimachinery util/rand. */
export const NAME_ALPHABET = 'bcdfghjklmnpqrstvwxz2456789';

/** A longer prefix is cut, so that a name with its suffix is no longer than a label. */
export const MAX_NAME_PREFIX = 58;
const SUFFIX_LENGTH = 5;

/**
 * A name from `metadata.generateName` and five random characters. `random` returns numbers from 0 (inclusive) to 1
 * (exclusive). Source: apiserver storage/names.
 */
export function generatedName(prefix: string, random: () => number = Math.random): string {
  let suffix = '';
  for (let i = 0; i < SUFFIX_LENGTH; i += 1) suffix += NAME_ALPHABET[Math.floor(random() * NAME_ALPHABET.length)];
  return prefix.slice(0, MAX_NAME_PREFIX) + suffix;
}
