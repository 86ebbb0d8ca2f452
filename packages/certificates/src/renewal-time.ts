/**
 * When a certificate is to be renewed: when two thirds of its life are over, so that a third is left to try again.
 * All times are in ms since the epoch. A certificate whose life is over is due at once.
 */
export function renewalTime(notBefore: number, notAfter: number): number {
  return notAfter <= notBefore ? notBefore : Math.floor(notBefore + ((notAfter - notBefore) * 2) / 3);
}
