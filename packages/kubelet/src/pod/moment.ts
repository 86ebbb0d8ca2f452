/** One moment, on two clocks. */
export interface Moment {
  /** In ms, monotonic: what is measured, ordered and waited for. */
  ms: number;
  /** RFC 3339, whole seconds: what is shown. It may step. */
  at: string;
}
