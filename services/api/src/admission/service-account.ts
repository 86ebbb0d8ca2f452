import { withServiceAccount } from '@everynode/objects';
import { isMirrorPod } from '../auth/authorization.js';
import type { PluginFor } from './plugin.js';

/** Pods that name no service account get the default one. Source: plugin/pkg/admission/serviceaccount. */
export const serviceAccount: PluginFor<'pods'> = {
  resources: ['pods'],
  operations: ['create'],
  admit({ object }) {
    // A mirror pod shows what its node runs, and is left as it is.
    if (isMirrorPod(object)) return;
    object.spec = withServiceAccount(object.spec ?? { containers: [] });
  },
};
