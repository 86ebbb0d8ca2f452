import type { ApiContext } from '../../api-context.js';
import type { Attributes } from '../dynamic/attributes.js';
import type { Notes } from '../notes.js';
import { askWebhook, isIgnored, type RelevantWebhook, requireAllowed } from './ask-webhook.js';
import { CallError, failedCall } from './webhook-error.js';

/**
 * Asks all webhooks that are for a write at once. The refusal of the first one, in their order, is that of the request.
 * Source: apiserver plugin/webhook/validating/dispatcher.go. @throws ApiError
 */
export async function runValidating(
  context: ApiContext,
  relevant: readonly RelevantWebhook[],
  attributes: Attributes,
  { dryRun, notes }: { dryRun: boolean; notes: Notes },
): Promise<void> {
  const outcomes = await Promise.allSettled(
    relevant.map(async ({ hook, sentAs }, at) => {
      const { name } = hook.webhook;
      try {
        const answer = await askWebhook({ context, attributes, hook, sentAs, dryRun, mutating: false });
        notes.take(name, answer);
        requireAllowed(hook, answer);
      } catch (error) {
        if (isIgnored(hook, error)) {
          notes.annotate(`failed-open.validating.webhook.admission.k8s.io/round_0_index_${at}`, name);
          context.log.warn({ err: error, webhook: name }, 'a webhook failed, and the request goes on without it');
          return;
        }
        throw error instanceof CallError ? failedCall(name, error) : error;
      }
    }),
  );
  const refused = outcomes.find((outcome) => outcome.status === 'rejected');
  if (refused) throw refused.reason;
}
