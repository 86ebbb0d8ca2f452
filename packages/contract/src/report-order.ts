/** 22 bits for the reports of an incarnation, 31 for the incarnation: together they fit a double exactly. */
const REPORTS_PER_INCARNATION = 2 ** 22;

/**
 * One number that orders all reports on a pod, also over restarts of its agent. More reports than have room in an
 * incarnation go on in the numbers of the next ones: those are seconds since 1970 at least, and four million reports on
 * one pod take longer than a second.
 */
export function reportOrder(incarnation: number, sequence: number): number {
  return incarnation * REPORTS_PER_INCARNATION + sequence;
}

/** The incarnation that a report of this order comes from. */
export function incarnationOf(order: number): number {
  return Math.floor(order / REPORTS_PER_INCARNATION);
}
