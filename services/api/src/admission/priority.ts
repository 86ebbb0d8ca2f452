import { forbiddenTo, isSystemPriorityClass, priorityClassIn, resolvePriority } from '@everynode/objects';
import { subjectOf } from '../write/target.js';
import type { PluginFor } from './plugin.js';

const CLASSES = 'priorityclasses.scheduling.k8s.io';

/**
 * Pods get the priority of their class, and keep it where an update leaves it out. Source:
 * plugin/pkg/admission/priority, admitPod.
 */
export const podPriority: PluginFor<'pods'> = {
  resources: ['pods'],
  operations: ['create', 'update'],
  admit({ context, object, before, subresource = '' }) {
    if (subresource !== '') return;
    const spec = object.spec ?? { containers: [] };
    if (before) {
      const { priority, preemptionPolicy } = before.spec ?? {};
      if (priority !== undefined) spec.priority ??= priority;
      if (preemptionPolicy !== undefined) spec.preemptionPolicy ??= preemptionPolicy;
      return;
    }
    const classes = context.reflector.cache(CLASSES);
    object.spec = resolvePriority(object.metadata.name, spec, (name) => priorityClassIn(classes, name));
  },
};

/** Only one class may be the default one. Source: plugin/pkg/admission/priority, validatePriorityClass. */
export const defaultPriorityClass: PluginFor<typeof CLASSES> = {
  resources: [CLASSES],
  operations: ['create', 'update'],
  admit({ context, object }) {
    if (!object.globalDefault) return;
    const { name } = object.metadata;
    const other = priorityClassIn(context.reflector.cache(CLASSES), undefined)?.metadata?.name;
    if (other === undefined || other === name) return;
    throw forbiddenTo(
      { group: 'scheduling.k8s.io', plural: 'priorityclasses', name },
      `PriorityClass ${other} is already marked as default. Only one default can exist`,
    );
  },
};

/** Source: pkg/registry/scheduling/priorityclass/storage, Delete. */
export const systemPriorityClasses: PluginFor<typeof CLASSES> = {
  resources: [CLASSES],
  operations: ['delete'],
  gate({ target }) {
    if (!isSystemPriorityClass(target.name)) return;
    throw forbiddenTo(subjectOf(target), 'this is a system priority class and cannot be deleted');
  },
};
