import { refuseOverhead, withRuntimeClass } from '@everynode/pod-admission';
import type { ApiContext } from '../api-context.js';
import type { PluginFor } from './plugin.js';

const findIn =
  ({ reflector }: ApiContext) =>
  (name: string) =>
    reflector.cache('runtimeclasses.node.k8s.io').get('', name)?.object;

/** Pods get the overhead of their runtime class, and run on its nodes. Source: plugin/pkg/admission/runtimeclass. */
export const runtimeClass: PluginFor<'pods'> = {
  resources: ['pods'],
  operations: ['create'],

  /** The class may have been created through another replica. */
  async gate({ context, object }) {
    const { runtimeClassName: name } = (object?.spec ?? {}) as { runtimeClassName?: string };
    if (name !== undefined && !findIn(context)(name)) await context.freshReads.catchUp();
  },

  admit({ context, object }) {
    if (object.spec) object.spec = withRuntimeClass(object.metadata.name, object.spec, findIn(context));
  },

  check({ context, object }) {
    if (object.spec) refuseOverhead(object.metadata.name, object.spec, findIn(context));
  },
};
