import { approvalFaults, definitionFaults } from '@everynode/custom-resources';
import { ApiError, type FieldError } from '@everynode/objects';
import type { AdmissionPlugin, PluginFor } from '../admission/plugin.js';
import { DEFINITIONS } from './definition-names.js';

/** Refuses definitions whose versions have faults. */
export const customResourceSchemas: PluginFor<typeof DEFINITIONS> = {
  resources: [DEFINITIONS],
  operations: ['create', 'update'],
  fieldErrors: ({ object, before }): FieldError[] => [
    ...definitionFaults(object.spec, before?.spec),
    ...approvalFaults(object, before),
  ],
};

/** Nothing is created any more of a definition that is deleted. Source: pkg/apiserver/customresource_handler.go. */
export const terminatingDefinitions: AdmissionPlugin = {
  operations: ['create'],
  gate({ context, target }) {
    const { group, plural } = target.definition;
    const crd = context.reflector.cache(DEFINITIONS).get('', `${plural}.${group}`);
    if (crd?.metadata.deletionTimestamp === undefined) return;
    throw new ApiError(
      'MethodNotAllowed',
      `create not allowed while custom resource definition is terminating on resources of kind "${plural}.${group}"`,
      { group, kind: plural },
    );
  },
};
