/** One moment, on two clocks. */
export interface Moment {
  /** In ms, monotonic: what is measured, ordered and waited for. */
  ms: number;
  /** RFC 3339, whole seconds: what is shown. It may step. */
  at: string;
}

/** How long ago an RFC 3339 time was, in ms; 0 for one that is ahead or cannot be read. */
export const ageMs = (time: unknown, { at }: Moment): number =>
  Math.max(0, Date.parse(at) - Date.parse(String(time))) || 0;
