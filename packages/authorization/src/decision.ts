/**
 * The answer to one question. Without an opinion the next authorizer is asked; where none has one, the request is
 * denied. Source: apiserver/pkg/authorization/authorizer, Decision.
 */
export interface Decision {
  verdict: 'allow' | 'deny' | 'noOpinion';
  /** In upstream's words, for reviews and after the colon of a refusal; empty for none. */
  reason: string;
}

export const ALLOW: Decision = { verdict: 'allow', reason: '' };
export const NO_OPINION: Decision = { verdict: 'noOpinion', reason: '' };

export const noOpinion = (reason: string): Decision => (reason === '' ? NO_OPINION : { verdict: 'noOpinion', reason });
