import { withServiceAccount } from '@everynode/objects';
import type { PluginFor } from './plugin.js';

/** Pods that name no service account get the default one. Source: plugin/pkg/admission/serviceaccount. */
export const serviceAccount: PluginFor<'pods'> = {
  resources: ['pods'],
  operations: ['create'],
  admit({ object }) {
    object.spec = withServiceAccount(object.spec ?? { containers: [] });
  },
};
