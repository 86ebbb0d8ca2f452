import type { Bus } from '@everynode/bus';
import { parseExchange, subjects } from '@everynode/contract';
import type { PodSpec } from '@everynode/objects';
import type { Clock } from '@everynode/pod-runtime';

type Volume = NonNullable<PodSpec['volumes']>[number];
export type TokenProjection = NonNullable<
  NonNullable<NonNullable<Volume['projected']>['sources']>[number]['serviceAccountToken']
>;

const REQUEST_TIMEOUT_MS = 2000;
const DEFAULT_SECONDS = 3600;
/** A token is renewed when so much of its life is over, or a day. Source: pkg/kubelet/token/token_manager.go. */
const RENEWED_AT = 0.8;
const DAY_MS = 86_400_000;
const JITTER_MS = 10_000;

interface Token {
  text: string;
  /** When it is renewed, in ms, monotonic. */
  renewMs: number;
}

/** Asks for a token of a pod. */
export type IssueToken = (uid: string, audience: string, seconds: number) => Promise<{ text: string; seconds: number }>;

export function tokensAsked(bus: Pick<Bus, 'request'>, agent: string): IssueToken {
  return async (uid, audience, expirationSeconds) => {
    const body = JSON.stringify({ uid, expirationSeconds, ...(audience !== '' && { audience }) });
    const reply = await bus.request(subjects.request(agent, 'issue-token'), body, REQUEST_TIMEOUT_MS);
    const issued = parseExchange('issue-token', 'reply', reply);
    return { text: issued.token, seconds: issued.expirationSeconds };
  };
}

/** The projections of tokens in the volumes of a pod. */
const tokenProjections = ({ volumes }: PodSpec): TokenProjection[] =>
  (volumes ?? []).flatMap(({ projected }) =>
    (projected?.sources ?? []).flatMap(({ serviceAccountToken }) => serviceAccountToken ?? []),
  );

const keyOf = ({ audience = '', expirationSeconds }: TokenProjection): string =>
  `${expirationSeconds ?? DEFAULT_SECONDS} ${audience}`;

/** The tokens of pods: issued once for each audience and lifetime, and renewed in time. */
export class PodTokens {
  readonly #issue: IssueToken;
  readonly #clock: Clock;
  readonly #tokens = new Map<string, Map<string, Token>>();

  constructor(issue: IssueToken, clock: Clock) {
    this.#issue = issue;
    this.#clock = clock;
  }

  /**
   * Issues what the pod needs and does not have, or has for too long.
   * @throws what {@link IssueToken} throws; with a token that is still valid it is asked for again later.
   */
  async renew(uid: string, spec: PodSpec): Promise<void> {
    const own = this.#tokens.get(uid) ?? new Map<string, Token>();
    this.#tokens.set(uid, own);
    for (const projection of tokenProjections(spec)) {
      const key = keyOf(projection);
      const nowMs = this.#clock.now();
      if ((own.get(key)?.renewMs ?? Number.NEGATIVE_INFINITY) > nowMs) continue;
      const asked = projection.expirationSeconds ?? DEFAULT_SECONDS;
      const { text, seconds } = await this.#issue(uid, projection.audience ?? '', asked);
      const lastsMs = Math.min(seconds * 1000 * RENEWED_AT, DAY_MS);
      own.set(key, { text, renewMs: nowMs + lastsMs - Math.random() * JITTER_MS });
    }
  }

  of(uid: string, projection: TokenProjection): string | undefined {
    return this.#tokens.get(uid)?.get(keyOf(projection))?.text;
  }

  forget(uid: string): void {
    this.#tokens.delete(uid);
  }
}
