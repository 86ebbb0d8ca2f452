import { setMutatingWebhookDefaults, setValidatingWebhookDefaults } from '../defaults/admission-registration.js';
import type { MutatingWebhookConfiguration, ValidatingWebhookConfiguration } from '../kinds/api-types.js';
import type { Stored } from '../kinds/kinds.js';
import { webhookConfigurationTable } from '../table/admission-registration.js';
import { validateWebhooks } from '../validation/admission-webhooks.js';
import { defineResource } from './define-resource.js';

const common = {
  group: 'admissionregistration.k8s.io',
  version: 'v1',
  namespaced: false,
  categories: ['api-extensions'],
  hasGeneration: true,
  generationCounts: 'webhooks',
  updatesUnconditionally: false,
  table: webhookConfigurationTable,
} as const;

export const validatingWebhookConfigurations = defineResource<Stored<ValidatingWebhookConfiguration>>({
  ...common,
  categories: [...common.categories],
  kind: 'ValidatingWebhookConfiguration',
  plural: 'validatingwebhookconfigurations',
  schema: 'io.k8s.api.admissionregistration.v1.ValidatingWebhookConfiguration',
  setDefaults: (object) => setValidatingWebhookDefaults(object),
  validate: ({ webhooks }) => validateWebhooks(webhooks),
});

export const mutatingWebhookConfigurations = defineResource<Stored<MutatingWebhookConfiguration>>({
  ...common,
  categories: [...common.categories],
  kind: 'MutatingWebhookConfiguration',
  plural: 'mutatingwebhookconfigurations',
  schema: 'io.k8s.api.admissionregistration.v1.MutatingWebhookConfiguration',
  setDefaults: (object) => setMutatingWebhookDefaults(object),
  validate: ({ webhooks }) => validateWebhooks(webhooks),
});
