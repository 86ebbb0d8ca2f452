import { ApiError } from '../api-error.js';
import { setDaemonSetDefaults } from '../defaults/index.js';
import type { DaemonSet } from '../kinds/api-types.js';
import type { Stored } from '../kinds/kinds.js';
import type { KubeObject } from '../kube-object.js';
import { semanticallyEqual } from '../semantic-equal.js';
import { daemonSetTable } from '../table/index.js';
import { required } from '../validation/field-errors.js';
import { validateDaemonSetSpec, validateDaemonSetStatus, validateDaemonSetUpdate } from '../validation/index.js';
import { defineResource, statusSubresource } from './define-resource.js';

/** apps/v1 shows the old field templateGeneration as this annotation. */
const TEMPLATE_GENERATION = 'deprecated.daemonset.template.generation';

const EMPTY_STATUS = {
  currentNumberScheduled: 0,
  desiredNumberScheduled: 0,
  numberMisscheduled: 0,
  numberReady: 0,
};

function setTemplateGeneration(object: KubeObject, generation: number): void {
  object.metadata.annotations = { ...object.metadata.annotations, [TEMPLATE_GENERATION]: String(generation) };
}

function templateGeneration(object: KubeObject): number {
  const value = Number(object.metadata.annotations?.[TEMPLATE_GENERATION] ?? 0);
  return Number.isSafeInteger(value) ? value : 0;
}

/** Upstream's decoder reads the annotation into a field, so a wrong one is a value of the wrong type. */
function checkTemplateGeneration({ metadata }: KubeObject): void {
  const value = metadata.annotations?.[TEMPLATE_GENERATION];
  if (value === undefined || /^[+-]?\d+$/.test(value)) return;
  const reason = `strconv.ParseInt: parsing ${JSON.stringify(value)}: invalid syntax`;
  throw new ApiError('BadRequest', `DaemonSet in version "v1" cannot be handled as a DaemonSet: ${reason}`);
}

export const daemonSets = defineResource<Stored<DaemonSet>>({
  group: 'apps',
  version: 'v1',
  kind: 'DaemonSet',
  plural: 'daemonsets',
  namespaced: true,
  schema: 'io.k8s.api.apps.v1.DaemonSet',
  shortNames: ['ds'],
  categories: ['all'],
  subresources: [statusSubresource],
  hasGeneration: true,
  internalAnnotation: TEMPLATE_GENERATION,
  // Source: pkg/apis/apps/v1/conversion.go. The annotation is there in every version that a client sees.
  asVersioned: (object) => {
    const { metadata } = object;
    const annotations = { ...metadata.annotations, [TEMPLATE_GENERATION]: String(templateGeneration(object)) };
    return { ...object, metadata: { ...metadata, annotations } };
  },
  setDefaults: (object) => {
    checkTemplateGeneration(object);
    setDaemonSetDefaults(object);
  },
  firstStatus: (object) => {
    setTemplateGeneration(object, Math.max(1, templateGeneration(object)));
    return { ...EMPTY_STATUS };
  },
  /** Source: pkg/registry/apps/daemonset/strategy.go, PrepareForUpdate. */
  carryOver: (object, current) => {
    const before = templateGeneration(current);
    const same = semanticallyEqual(object.spec?.template, current.spec?.template);
    setTemplateGeneration(object, same ? before : before + 1);
  },
  validate: ({ spec }) => (spec ? validateDaemonSetSpec(spec) : [required('spec')]),
  validateUpdate: (object, current) => validateDaemonSetUpdate(object, current),
  table: daemonSetTable,
  validateStatus: (object, current) => validateDaemonSetStatus(object.status, current.status),
});
