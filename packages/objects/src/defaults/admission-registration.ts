import type {
  MatchResources,
  MutatingAdmissionPolicy,
  MutatingAdmissionPolicyBinding,
  MutatingWebhook,
  MutatingWebhookConfiguration,
  NamedRuleWithOperations,
  RuleWithOperations,
  ValidatingAdmissionPolicy,
  ValidatingAdmissionPolicyBinding,
  ValidatingWebhook,
  ValidatingWebhookConfiguration,
} from '../kinds/api-types.js';

const TIMEOUT_SECONDS = 10;
const HTTPS_PORT = 443;

/** Source: pkg/apis/admissionregistration/v1/defaults.go, as the following functions. */
export function setValidatingWebhookDefaults({ webhooks = [] }: ValidatingWebhookConfiguration): void {
  for (const webhook of webhooks) setWebhookDefaults(webhook);
}

export function setMutatingWebhookDefaults({ webhooks = [] }: MutatingWebhookConfiguration): void {
  for (const webhook of webhooks) {
    setWebhookDefaults(webhook);
    webhook.reinvocationPolicy ??= 'Never';
  }
}

function setWebhookDefaults(webhook: ValidatingWebhook | MutatingWebhook): void {
  webhook.failurePolicy ??= 'Fail';
  webhook.matchPolicy ??= 'Equivalent';
  webhook.namespaceSelector ??= {};
  webhook.objectSelector ??= {};
  webhook.timeoutSeconds ??= TIMEOUT_SECONDS;
  setRuleDefaults(webhook.rules);
  if (webhook.clientConfig.service) webhook.clientConfig.service.port ??= HTTPS_PORT;
}

function setRuleDefaults(rules: readonly (RuleWithOperations | NamedRuleWithOperations)[] | undefined): void {
  for (const rule of rules ?? []) rule.scope ??= '*';
}

function setMatchDefaults(match: MatchResources | undefined): void {
  if (!match) return;
  match.matchPolicy ??= 'Equivalent';
  match.namespaceSelector ??= {};
  match.objectSelector ??= {};
  setRuleDefaults(match.resourceRules);
  setRuleDefaults(match.excludeResourceRules);
}

export function setAdmissionPolicyDefaults({ spec }: ValidatingAdmissionPolicy | MutatingAdmissionPolicy): void {
  if (!spec) return;
  spec.failurePolicy ??= 'Fail';
  setMatchDefaults(spec.matchConstraints);
}

export function setAdmissionBindingDefaults({
  spec,
}: ValidatingAdmissionPolicyBinding | MutatingAdmissionPolicyBinding): void {
  if (!spec) return;
  if (spec.paramRef) spec.paramRef.parameterNotFoundAction ??= 'Deny';
  setMatchDefaults(spec.matchResources);
}
