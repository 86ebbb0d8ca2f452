import { renewalTime } from '@everynode/certificates/renewal-time';
import { backoffMs, pause } from '@everynode/service-shell/backoff';
import type { IdentityFiles } from './identity-files.js';

/** A timer's longest span; a clock that was set is also noticed within it. */
const LONGEST_PAUSE_MS = 60_000;
/** A third of the life of the certificate is left for them. */
const RETRIES = { firstMs: 500, maxMs: 30_000 };

export interface Renewals {
  /** Renews the certificate. */
  renew(): Promise<void>;
  /** Called when an attempt failed, and another one comes. */
  onFailure(error: unknown): void;
}

/** Has an agent's certificate renewed in time, until the signal aborts. */
export async function keepRenewed(
  identity: Pick<IdentityFiles, 'read'>,
  { renew, onFailure }: Renewals,
  signal: AbortSignal,
): Promise<void> {
  let failures = 0;
  while (!signal.aborted) {
    try {
      const { notBefore, notAfter } = await identity.read();
      const waitMs = renewalTime(notBefore, notAfter) - Date.now();
      if (waitMs > 0) {
        await pause(Math.min(waitMs, LONGEST_PAUSE_MS), signal);
        continue;
      }
      await renew();
      failures = 0;
    } catch (error) {
      if (signal.aborted) return;
      failures += 1;
      onFailure(error);
      await pause(backoffMs(failures, RETRIES), signal);
    }
  }
}
