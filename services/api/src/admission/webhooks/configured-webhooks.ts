import type { CachedObject } from '@everynode/list-watch';
import type { MutatingWebhook, StoredKinds, ValidatingWebhook } from '@everynode/objects';
import type { ApiContext } from '../../api-context.js';
import { type Conditions, compileConditions } from '../dynamic/conditions.js';
import type { Match } from '../dynamic/match.js';

export const VALIDATING = 'validatingwebhookconfigurations.admissionregistration.k8s.io';
export const MUTATING = 'mutatingwebhookconfigurations.admissionregistration.k8s.io';

/** A webhook of a configuration, read once for each version of it. */
export interface ConfiguredWebhook {
  /** Of this webhook among all, as long as its configuration lives. */
  id: string;
  configuration: string;
  webhook: ValidatingWebhook & MutatingWebhook;
  match: Match;
  conditions: Conditions;
}

const read = new WeakMap<CachedObject, ConfiguredWebhook[]>();

type Configuration = CachedObject<StoredKinds[typeof VALIDATING]> | CachedObject<StoredKinds[typeof MUTATING]>;

function webhooksIn(configuration: Configuration): ConfiguredWebhook[] {
  const known = read.get(configuration);
  if (known) return known;
  const { name, uid } = configuration.record;
  const webhooks = (configuration.desired.webhooks ?? []).map((webhook): ConfiguredWebhook => {
    const { rules = [], matchPolicy, namespaceSelector, objectSelector, matchConditions = [], failurePolicy } = webhook;
    return {
      id: `${uid}/${webhook.name}`,
      configuration: name,
      webhook,
      match: { rules, matchPolicy, namespaceSelector, objectSelector },
      conditions: compileConditions(matchConditions, failurePolicy ?? 'Fail', { params: false }),
    };
  });
  read.set(configuration, webhooks);
  return webhooks;
}

/** All webhooks of one kind, by the names of their configurations, and within one in its order. */
export function configuredWebhooks(
  { reflector }: ApiContext,
  resource: typeof VALIDATING | typeof MUTATING,
): ConfiguredWebhook[] {
  const cache = reflector.cache(resource);
  if (cache.size === 0) return [];
  const configurations = [...cache.list()] as Configuration[];
  return configurations.toSorted((a, b) => (a.record.name < b.record.name ? -1 : 1)).flatMap(webhooksIn);
}
