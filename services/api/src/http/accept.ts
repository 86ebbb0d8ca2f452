/** A clause of an Accept header. */
export interface MediaRange {
  type: string;
  parameters: Record<string, string>;
  quality: number;
}

/**
 * The clauses of an Accept header in the order in which upstream tries them: what does not parse is left out, a quality
 * of 0 refuses nothing, and types keep their case. Source: goautoneg, ParseAccept, whose comparison is no total order:
 * so its sort, by insertion, is repeated here.
 */
export function parseAccept(accept: string): MediaRange[] {
  const sorted: MediaRange[] = [];
  for (const clause of accept.split(',')) {
    const range = rangeOf(clause.trim());
    if (!range) continue;
    let at = sorted.length;
    while (at > 0 && isBefore(range, sorted[at - 1] as MediaRange)) at -= 1;
    sorted.splice(at, 0, range);
  }
  return sorted;
}

function rangeOf(clause: string): MediaRange | undefined {
  const [media = '', ...rest] = clause.split(';');
  const [major = '', minor = '', more] = media.split('/').map((part) => part.trim());
  if (more || (minor === '' && major !== '*')) return undefined;
  const range: MediaRange = { type: `${major}/${minor || '*'}`, parameters: {}, quality: 1 };
  for (const parameter of rest) {
    const [key = '', value = '', extra] = parameter.split('=');
    if (value === '' || extra) continue;
    if (key.trim() === 'q') range.quality = Number(value) || 0;
    else range.parameters[key.trim()] = value.trim();
  }
  return range;
}

function isBefore(one: MediaRange, other: MediaRange): boolean {
  if (one.quality > other.quality) return true;
  if (!one.type.startsWith('*/') && other.type.startsWith('*/')) return true;
  return !one.type.endsWith('/*') && other.type.endsWith('/*');
}

/** True where a range of {@link parseAccept} includes a type. */
export const covers = (range: string, type: string): boolean =>
  range === type || range === '*/*' || (range.endsWith('/*') && type.startsWith(range.slice(0, -1)));

/**
 * True where a route can produce what the header names: one of the types by its full name, or `*` for both parts. It is
 * asked before negotiation, which knows more patterns. Source: go-restful, Route.matchesAccept.
 */
export function accepts(accept: string, produced: readonly string[]): boolean {
  return accept.split(',').some((clause) => {
    const type = clause.split(';', 1)[0]?.trim() ?? '';
    return type === '*/*' || produced.includes(type);
  });
}
