import type { KubeObject } from '@everynode/objects';
import {
  type DeletionOptions,
  decodeObject,
  type FieldError,
  invalid,
  isJsonObject,
  type PropagationPolicy,
} from '@everynode/objects';
import { type Body, readValue } from '../http/body.js';
import type { Query } from '../http/query.js';
import { dryRunErrors } from './write-options.js';

/** meta/v1 DeleteOptions, from the body or the query. */
export interface DeleteOptions extends DeletionOptions {
  preconditions: { uid?: string; resourceVersion?: string };
  dryRun: boolean;
}

const DELETE_OPTIONS = {
  group: '',
  version: 'v1',
  kind: 'DeleteOptions',
  schema: 'io.k8s.apimachinery.pkg.apis.meta.v1.DeleteOptions',
};

const PROPAGATIONS = ['Foreground', 'Background', 'Orphan', 'nil'];

/**
 * Reads them from the body where there is one, else from the query. @throws ApiError Invalid, with all field errors.
 */
export async function deleteOptions(body: Body, query: Query): Promise<DeleteOptions> {
  const given = body.isEmpty ? optionsOf(query) : await readOptions(body);
  const { propagationPolicy: policy, orphanDependents: orphan, gracePeriodSeconds, preconditions = {} } = given;
  // The query's dryRun always counts, though upstream ignores it beside a body: nothing is deleted by mistake.
  const dryRun = [...(given.dryRun ?? []), ...query.texts('dryRun')];
  const errors: FieldError[] = [];
  const field = 'propagationPolicy';
  if (policy !== undefined && orphan !== undefined) {
    const detail = 'orphanDependents and deletionPropagation cannot be both set';
    errors.push({ type: 'FieldValueInvalid', field, value: policy, detail });
  }
  if (policy !== undefined && !isPolicy(policy)) {
    const detail = `supported values: ${PROPAGATIONS.map((each) => JSON.stringify(each)).join(', ')}`;
    errors.push({ type: 'FieldValueNotSupported', field, value: policy, detail });
  }
  errors.push(...dryRunErrors(dryRun));
  if (errors.length > 0) throw invalid({ group: 'meta.k8s.io', kind: 'DeleteOptions', name: '' }, errors);
  return {
    ...(gracePeriodSeconds !== undefined && { gracePeriodSeconds }),
    ...(isPolicy(policy) && { propagationPolicy: policy }),
    ...(orphan !== undefined && { orphanDependents: orphan }),
    preconditions,
    dryRun: dryRun.length > 0,
  };
}

const isPolicy = (policy: string | undefined): policy is PropagationPolicy =>
  policy === 'Foreground' || policy === 'Background' || policy === 'Orphan';

interface GivenOptions {
  gracePeriodSeconds?: number | undefined;
  orphanDependents?: boolean | undefined;
  propagationPolicy?: string | undefined;
  preconditions?: { uid?: string; resourceVersion?: string };
  dryRun?: string[];
}

function optionsOf(query: Query): GivenOptions {
  return {
    gracePeriodSeconds: query.integer('gracePeriodSeconds'),
    propagationPolicy: query.text('propagationPolicy'),
    orphanDependents: query.text('orphanDependents') === undefined ? undefined : query.flag('orphanDependents'),
  };
}

async function readOptions(body: Body): Promise<GivenOptions> {
  const parsed = await readValue(body, DELETE_OPTIONS.schema);
  if (parsed.value === null) return {};
  if (!isJsonObject(parsed.value)) return decodeObject(parsed, DELETE_OPTIONS).object as KubeObject & GivenOptions;
  // Clients send DeleteOptions of any group.
  const { apiVersion: _apiVersion, ...value } = parsed.value;
  return decodeObject({ value }, DELETE_OPTIONS).object as KubeObject & GivenOptions;
}
