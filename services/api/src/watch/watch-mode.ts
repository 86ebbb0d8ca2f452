/**
 * What one watch is doing. The watch also holds its position: everything up to that revision was sent.
 *
 * - `initial`: the objects that were there at the beginning are being written. Changes stay in the history. Out:
 *   `started` when all are written, `full`, `ended`.
 * - `behind`: changes after the position are read from the history and written. Out: `caughtUp` when the history has no
 *   more, `full`, `ended`; the history may also lack changes after the position: the watch fails with 410, which is
 *   `ended`.
 * - `following`: changes are written as they come. Out: `full`, `ended`.
 * - `stalled`: the socket is full, and a timer runs. Changes stay in the history, so a slow client costs what its
 *   socket holds, and no more. Out: `drained` back to `initial` or `behind`; a client that reads nothing until the
 *   timer ends is cut off, which is `ended`.
 * - `ended`: the client has gone, the time is up, the service stops, or the watch has failed. No way out.
 */
export type WatchMode =
  | { readonly name: 'initial' }
  | { readonly name: 'behind' }
  | { readonly name: 'following' }
  | { readonly name: 'stalled'; readonly resumes: 'initial' | 'behind' }
  | { readonly name: 'ended' };

export type WatchModeEvent = 'started' | 'caughtUp' | 'full' | 'drained' | 'ended';

export const INITIAL: WatchMode = { name: 'initial' };
const BEHIND: WatchMode = { name: 'behind' };
const FOLLOWING: WatchMode = { name: 'following' };
const STALLED_INITIAL: WatchMode = { name: 'stalled', resumes: 'initial' };
const STALLED_BEHIND: WatchMode = { name: 'stalled', resumes: 'behind' };
const ENDED: WatchMode = { name: 'ended' };

/** The mode after an event. A pair that cannot occur keeps the mode. Pure, and allocates nothing. */
export function nextWatchMode(mode: WatchMode, event: WatchModeEvent): WatchMode {
  if (mode.name === 'ended' || event === 'ended') return ENDED;
  switch (event) {
    case 'started':
      return mode.name === 'initial' ? BEHIND : mode;
    case 'caughtUp':
      return mode.name === 'behind' ? FOLLOWING : mode;
    case 'full':
      if (mode.name === 'stalled') return mode;
      return mode.name === 'initial' ? STALLED_INITIAL : STALLED_BEHIND;
    case 'drained':
      if (mode.name !== 'stalled') return mode;
      return mode.resumes === 'initial' ? INITIAL : BEHIND;
  }
}
