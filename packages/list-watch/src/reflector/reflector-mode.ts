/**
 * How long runs that are ahead wait for the changes between, in ms. Every writer publishes what it has committed, so a
 * later run may arrive a moment before an earlier one.
 */
const HOLE_PATIENCE_MS = 50;
/** The same after the journal could not be read. */
const HOLE_RETRY_MS = 1000;

/**
 * What a reflector is doing. The reflector also holds the revision of its caches and the runs that are ahead of it.
 *
 * - `unlisted`: before the first list. The caches are empty. Local commits are dropped, because the list will have
 *   them. Out: `listed`. A list that fails is tried again by `start`, and the mode stays.
 * - `following`: the caches have everything that was received, and no run waits. Out: `ahead` when a run does not
 *   follow on the revision; `readWanted`; `failed` or `unreachable`.
 * - `hole`: at least one run waits for the changes after `after`, and a timer of `patienceMs` runs. Out: `caughtUp`
 *   when the missing changes came and the runs could be applied; `ahead` with another revision when only some of them
 *   came (the patience starts again); `readWanted` when the timer ends, or too many runs wait.
 * - `filling`: the journal is being read in Postgres. Out: `caughtUp` or `ahead` when it was read to its end;
 *   `compacted` when it does not reach back; `failed`.
 * - `relisting`: everything is being listed again. Out: `listed`, then as after filling; `failed`.
 * - `stale`: a read failed and no run waits, so changes may be missing. Out: as `following`; `caughtUp` also comes from
 *   an answer of Postgres that there is no news.
 *
 * `trouble` is why the caches may be out of date. It stays until everything that is known of is applied.
 *
 * A reflector moves in turns: while one turn is filling or relisting, messages wait. So only `unreachable`, which a
 * question outside the turns raises, arrives during a read.
 */
export type ReflectorMode =
  | { readonly name: 'unlisted' }
  | { readonly name: 'following' }
  | { readonly name: 'hole'; readonly after: number; readonly patienceMs: number; readonly trouble?: string }
  | { readonly name: 'filling'; readonly trouble?: string }
  | { readonly name: 'relisting'; readonly trouble?: string }
  | { readonly name: 'stale'; readonly trouble: string };

export type ReflectorEvent =
  /** A snapshot is in the caches. */
  | { readonly type: 'listed' }
  /** A turn has ended, and no run waits. */
  | { readonly type: 'caughtUp' }
  /** A turn has ended, and runs wait for the changes after `after`, the revision of the caches. */
  | { readonly type: 'ahead'; readonly after: number }
  /** The journal has to be read: changes are missing, or a caller wants what the bus has not brought. */
  | { readonly type: 'readWanted' }
  /** The journal does not reach back to the revision of the caches. */
  | { readonly type: 'compacted' }
  /** A turn has failed. `after` is set when runs wait for the changes after it. */
  | { readonly type: 'failed'; readonly trouble: string; readonly after?: number }
  /** Postgres did not answer when it was asked for its newest revision. */
  | { readonly type: 'unreachable'; readonly trouble: string };

const FOLLOWING: ReflectorMode = { name: 'following' };

/**
 * The mode after an event. A pair that cannot occur keeps the mode. Pure; the same object means that nothing has
 * changed.
 */
export function nextMode(mode: ReflectorMode, event: ReflectorEvent): ReflectorMode {
  if (event.type === 'listed') return FOLLOWING;
  if (mode.name === 'unlisted') return mode;
  switch (event.type) {
    case 'caughtUp':
      return FOLLOWING;
    case 'ahead':
      if (mode.name === 'hole' && mode.after === event.after) return mode;
      return { name: 'hole', after: event.after, patienceMs: HOLE_PATIENCE_MS, ...troubleLeft(mode) };
    case 'readWanted':
      return isReading(mode) ? mode : { name: 'filling', ...carried(mode) };
    case 'compacted':
      return mode.name === 'filling' ? { ...mode, name: 'relisting' } : mode;
    case 'failed': {
      const { trouble, after } = event;
      if (after === undefined) return { name: 'stale', trouble };
      // The timer of the hole goes on: what failed here says nothing about the changes that are missing.
      if (mode.name === 'hole' && mode.after === after) return { ...mode, trouble };
      return { name: 'hole', after, patienceMs: HOLE_RETRY_MS, trouble };
    }
    case 'unreachable':
      return mode.name === 'following'
        ? { name: 'stale', trouble: event.trouble }
        : { ...mode, trouble: event.trouble };
  }
}

/** Why the caches may be out of date; undefined when they are not, as far as is known. */
export function troubleOf(mode: ReflectorMode): string | undefined {
  if (mode.name === 'unlisted') return 'not listed yet';
  return mode.name === 'following' ? undefined : mode.trouble;
}

function isReading({ name }: ReflectorMode): boolean {
  return name === 'filling' || name === 'relisting';
}

function carried(mode: ReflectorMode): { trouble?: string } {
  const trouble = troubleOf(mode);
  return trouble === undefined ? {} : { trouble };
}

/** A read that worked has ended the trouble, even when runs are ahead of what it brought. */
function troubleLeft(mode: ReflectorMode): { trouble?: string } {
  return isReading(mode) ? {} : carried(mode);
}
