import { setTimeout as delay } from 'node:timers/promises';
import { generatedName, type Pod, type PodSpec, type Stored, withServiceAccount } from '@everynode/objects';
import { accountOf, refuseMirrorReferences, refuseUnmountable, withAccountOf } from '@everynode/pod-admission';
import type { ApiContext } from '../api-context.js';
import { isMirrorPod } from '../auth/authorization.js';
import type { PluginFor } from './plugin.js';
import { repeatableRandom } from './repeatable-random.js';

/** A new namespace gets its default account a moment after it is created: how often and how long to look, in ms. */
const LOOKS = 10;
const BETWEEN_MS = 100;

/**
 * Pods run as an account of their namespace, which has to exist; pods that name none run as the default one.
 * Source: plugin/pkg/admission/serviceaccount.
 */
export const serviceAccount: PluginFor<'pods'> = {
  resources: ['pods'],
  operations: ['create', 'update'],

  /** The account may have been created through another replica, or be on its way. */
  async gate({ context, operation, target, object }) {
    if (operation !== 'create') return;
    const { serviceAccountName: name = 'default' } = withServiceAccount((object as Stored<Pod>)?.spec ?? NO_SPEC);
    const accounts = context.reflector.cache('serviceaccounts');
    for (let looks = 0; looks < (name === 'default' ? LOOKS : 1); looks += 1) {
      if (accounts.get(target.namespace, name)) return;
      if (looks > 0) await delay(BETWEEN_MS);
      await context.freshReads.catchUp();
    }
  },

  admit({ context, operation, object }) {
    const { metadata } = object;
    // A mirror pod shows what its node runs, and is left as it is.
    if (operation === 'update' || isMirrorPod(object)) return;
    const spec = withServiceAccount(object.spec ?? NO_SPEC);
    const account = accountOf(
      { metadata, spec },
      { findAccount: (name) => accountNamed(context, metadata.namespace, name) },
    );
    const random = repeatableRandom(metadata.uid, 'volume');
    object.spec = withAccountOf(spec, account, () => generatedName('', random));
  },

  check({ context, operation, subresource = '', object }) {
    const { metadata, spec = NO_SPEC } = object;
    const account = accountNamed(context, metadata.namespace, spec.serviceAccountName ?? '');
    if (operation === 'create') {
      if (isMirrorPod(object)) refuseMirrorReferences({ metadata, spec });
      else if (account) refuseUnmountable({ metadata, spec }, account);
    } else if (account && subresource === 'ephemeralcontainers') {
      // All that an update adds to what a pod mounts.
      const { ephemeralContainers = [] } = spec;
      refuseUnmountable({ metadata, spec: { ...NO_SPEC, ephemeralContainers } }, account);
    }
  },
};

const NO_SPEC: PodSpec = { containers: [] };

const accountNamed = ({ reflector }: ApiContext, namespace: string, name: string) =>
  reflector.cache('serviceaccounts').get(namespace, name)?.object;
