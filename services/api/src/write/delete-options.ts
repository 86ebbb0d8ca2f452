import type { KubeObject } from '@everynode/objects';
import {
  ApiError,
  DecodeError,
  type DeletionOptions,
  type FieldError,
  invalid,
  isJsonObject,
  type PropagationPolicy,
  readObjectOf,
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

/** Where upstream's scheme of such options is made: its errors name the place. */
const SCHEME = 'pkg/apis/meta/internalversion/scheme/register.go:27';

/** Upstream answers the decoder's own error here. Source: apiserver handlers/delete.go, DeleteResource. */
async function readOptions(body: Body): Promise<GivenOptions> {
  const { value } = await readValue(body, DELETE_OPTIONS.schema);
  if (value === null) return {};
  const { apiVersion, kind, ...options } = isJsonObject(value) ? value : {};
  if (typeof kind === 'string' && kind !== '' && kind !== DELETE_OPTIONS.kind) {
    const version = JSON.stringify(apiVersion || 'meta.k8s.io/v1');
    throw new ApiError(
      'BadRequest',
      `no kind ${JSON.stringify(kind)} is registered for version ${version} in scheme "${SCHEME}"`,
    );
  }
  try {
    // Clients send DeleteOptions of any group.
    const read = { value: isJsonObject(value) ? options : value };
    return readObjectOf(read, DELETE_OPTIONS, 'Ignore').object as KubeObject & GivenOptions;
  } catch (error) {
    if (error instanceof DecodeError) throw new ApiError('BadRequest', error.message, undefined, { cause: error });
    throw error;
  }
}
