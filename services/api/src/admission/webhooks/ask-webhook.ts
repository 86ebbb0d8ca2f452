import { CelError } from '@everynode/cel';
import { ApiError, forbiddenTo } from '@everynode/objects';
import type { ApiContext } from '../../api-context.js';
import { subjectOf } from '../../write/target.js';
import type { AdmittedResource, Attributes } from '../dynamic/attributes.js';
import { matchedResource } from '../dynamic/match.js';
import { callWebhook } from './call-webhook.js';
import type { ConfiguredWebhook } from './configured-webhooks.js';
import { findEndpoint } from './find-endpoint.js';
import { type Answer, makeReview, readAnswer } from './review.js';
import { CallError, WebhookRejection } from './webhook-error.js';

const DEFAULT_SECONDS = 10;

/** A call of one webhook for one write. */
export interface Call {
  context: ApiContext;
  attributes: Attributes;
  hook: ConfiguredWebhook;
  /** The resource in whose form the objects are sent. */
  sentAs: AdmittedResource;
  dryRun: boolean;
  mutating: boolean;
}

/**
 * The resource in whose form a write is sent to a webhook; undefined where the webhook is not for the write.
 * @param variables what its conditions meet: see `variablesOf`.
 * @throws ApiError Forbidden for conditions that cannot be evaluated, where the webhook fails closed.
 */
export function resourceFor(
  context: ApiContext,
  { match, conditions }: ConfiguredWebhook,
  attributes: Attributes,
  variables: object,
): AdmittedResource | undefined {
  const sentAs = matchedResource(context, match, attributes);
  if (!sentAs) return undefined;
  try {
    return conditions.unmatched(variables) ? undefined : sentAs;
  } catch (error) {
    if (!(error instanceof CelError)) throw error;
    throw forbiddenTo(subjectOf({ ...attributes, name: attributes.name || 'Unknown' }), error.message);
  }
}

/** A webhook that is for a write. */
export interface RelevantWebhook {
  hook: ConfiguredWebhook;
  sentAs: AdmittedResource;
}

/** @throws CallError; WebhookRejection for a refusal; ApiError BadRequest for a dry run that it does not support. */
export async function askWebhook(call: Call): Promise<Answer> {
  const { context, attributes, hook, sentAs, dryRun, mutating } = call;
  const { webhook } = hook;
  if (dryRun && webhook.sideEffects !== 'None' && webhook.sideEffects !== 'NoneOnDryRun') {
    throw new ApiError('BadRequest', `admission webhook ${JSON.stringify(webhook.name)} does not support dry run`);
  }
  const review = makeReview(context, attributes, { versions: webhook.admissionReviewVersions, sentAs, dryRun });
  const seconds = webhook.timeoutSeconds ?? DEFAULT_SECONDS;
  const endpoint = findEndpoint(context, webhook.clientConfig, seconds);
  const answer = readAnswer(
    review,
    await callWebhook(endpoint, review.body, seconds, context.limits?.signal),
    mutating,
  );
  return answer;
}

/** @throws WebhookRejection where it refuses the request. */
export function requireAllowed({ webhook }: ConfiguredWebhook, { allowed, result }: Answer): void {
  if (!allowed) throw new WebhookRejection(webhook.name, result);
}

/** True for a failure that the webhook's policy lets pass. */
export const isIgnored = ({ webhook }: ConfiguredWebhook, error: unknown): error is CallError =>
  error instanceof CallError && webhook.failurePolicy === 'Ignore';
