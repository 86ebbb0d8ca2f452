import type { CustomResourceDefinition } from '../kinds/custom-resource-definition.js';
import type { Stored } from '../kinds/kinds.js';
import { genericTable } from '../table/index.js';
import {
  validateCustomResourceDefinition,
  validateCustomResourceDefinitionUpdate,
} from '../validation/custom-resource-definition.js';
import { defineResource, statusSubresource } from './define-resource.js';

type Definition = Stored<CustomResourceDefinition>;

const storageVersionOf = ({ spec }: Definition): string | undefined =>
  spec.versions?.find(({ storage }) => storage)?.name;

/** Source: apiextensions-apiserver pkg/apis/apiextensions/v1/defaults.go. */
function setDefinitionDefaults({ spec }: Definition): void {
  const { names } = spec;
  names.singular ||= names.kind.toLowerCase();
  if (names.kind !== '') names.listKind ||= `${names.kind}List`;
  spec.conversion ??= { strategy: 'None' };
  const service = spec.conversion.webhook?.clientConfig?.service;
  if (service) service.port ??= 443;
}

export const customResourceDefinitions = defineResource<Definition>({
  group: 'apiextensions.k8s.io',
  version: 'v1',
  kind: 'CustomResourceDefinition',
  plural: 'customresourcedefinitions',
  namespaced: false,
  schema: 'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.CustomResourceDefinition',
  shortNames: ['crd', 'crds'],
  categories: ['api-extensions'],
  subresources: [statusSubresource],
  hasGeneration: true,
  updatesUnconditionally: false,
  setDefaults: (object) => setDefinitionDefaults(object),
  firstStatus: (object) => {
    const version = storageVersionOf(object);
    return { acceptedNames: { kind: '', plural: '' }, conditions: [], storedVersions: version ? [version] : [] };
  },
  carryOver: (object) => {
    const version = storageVersionOf(object);
    const stored = object.status?.storedVersions ?? [];
    if (version === undefined || stored.includes(version)) return;
    object.status = { ...object.status, storedVersions: [...stored, version] };
  },
  validate: (object) => validateCustomResourceDefinition(object),
  validateUpdate: (object, current) => validateCustomResourceDefinitionUpdate(object, current),
  table: genericTable,
});
