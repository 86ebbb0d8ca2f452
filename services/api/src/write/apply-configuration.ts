import {
  ApiError,
  apiVersionOf,
  canonicalJson,
  DecodeError,
  decodeObject,
  isJsonObject,
  type KubeObject,
  type ParsedBody,
  parseBody,
  type ResourceDefinition,
  readObjectOf,
  unknownFields,
} from '@everynode/objects';
import { APPLY_MEDIA_TYPE, itemErrors } from '@everynode/patch';
import type { WriteRequest } from '../dispatch/resource-request.js';
import { type Body, readYaml } from '../http/body.js';
import { placeInNamespace } from './object-identity.js';

export function isApply({ contentType }: Body): boolean {
  return contentType?.split(';', 1)[0]?.trim().toLowerCase() === APPLY_MEDIA_TYPE;
}

/** The body of an apply: the fields that the client wants, and no others. */
export interface Configuration {
  /** As the client wrote it. */
  config: KubeObject;
  warnings: string[];
  /** Of a text that cannot be read, such as a time. Upstream reads it after the merge, so conflicts come first. */
  fault: ApiError | undefined;
}

/** Reads the body's own fields, without defaults. @throws ApiError BadRequest. */
export async function readConfiguration(request: WriteRequest): Promise<Configuration> {
  const { definition, body, query } = request;
  const parsed = await readFields(body);
  const written = parsed.value as KubeObject;
  const expected = apiVersionOf(definition);
  const { apiVersion = '', kind = '' } = written;
  if (apiVersion !== expected || kind !== definition.kind) {
    const qualified = apiVersion.includes('/') ? apiVersion : `/${apiVersion}`;
    throw new ApiError('BadRequest', `invalid object type: ${qualified}, Kind=${kind}`);
  }
  const refuse = (fault: string): ApiError => {
    const { namespace = '', name = '' } = written.metadata ?? {};
    const type = `${definition.group ? expected : `/${expected}`}, Kind=${written.kind ?? ''}`;
    return new ApiError('BadRequest', `failed to create typed patch object (${namespace}/${name}; ${type}): ${fault}`);
  };
  const fault = faultOf(parsed, definition, refuse);
  if (written.metadata?.managedFields != null) throw new ApiError('BadRequest', 'metadata.managedFields must be nil');
  const [unknown, ...others] = unknownFields(definition.schema, written);
  if (unknown !== undefined) {
    const faults = [unknown, ...others].map((path) => `.${path}: field not declared in schema`);
    throw refuse(others.length > 0 ? `errors:\n  ${faults.join('\n  ')}` : (faults[0] ?? ''));
  }
  const unmergeable = itemErrors(definition.schema, written);
  if (unmergeable !== undefined) throw refuse(unmergeable);
  placeInNamespace(request, { ...written, metadata: { ...written.metadata } });
  const config = { ...written, metadata: written.metadata ?? {} } as KubeObject;
  const { fieldValidation } = query;
  if (fieldValidation === 'Ignore') return { config, warnings: [], fault };
  const { errors, warnings } = parsed.strict();
  if (fieldValidation === 'Strict' && errors.length > 0) {
    throw new ApiError('BadRequest', `error strict decoding YAML: error converting YAML to JSON: ${errors.join(', ')}`);
  }
  return { config, warnings, fault };
}

async function readFields(body: Body): Promise<ParsedBody> {
  let parsed: ParsedBody;
  try {
    parsed = await readYaml(body);
  } catch (error) {
    if (!(error instanceof ApiError) || error.reason !== 'BadRequest') throw error;
    const reason = error.cause instanceof Error ? error.cause.message : error.message;
    throw new ApiError('BadRequest', `error decoding YAML: error converting YAML to JSON: yaml: ${reason}`, undefined, {
      cause: error,
    });
  }
  if (!isJsonObject(parsed.value)) {
    const fault = 'json: cannot unmarshal into Go value of type map[string]interface {}';
    throw new ApiError('BadRequest', `error decoding YAML: error unmarshaling JSON: while decoding JSON: ${fault}`);
  }
  return parsed;
}

/** The fault of a text that cannot be read. @throws ApiError for a value of the wrong type. */
function faultOf(
  body: ParsedBody,
  definition: ResourceDefinition,
  refuse: (fault: string) => ApiError,
): ApiError | undefined {
  try {
    readObjectOf(body, definition, 'Ignore');
    return undefined;
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    const refusal = refuse(error.message);
    if (!error.isOfText) throw refusal;
    return refusal;
  }
}

/** Where `kubectl apply` without --server-side records its last configuration. */
const LAST_APPLIED = 'kubectl.kubernetes.io/last-applied-configuration';

/**
 * The last configuration of `kubectl apply` without --server-side; undefined where there is none that can be read.
 * Source: managedfields/internal/lastappliedmanager.go.
 */
export function lastAppliedOf({ metadata }: KubeObject, definition: ResourceDefinition): KubeObject | undefined {
  const text = metadata.annotations?.[LAST_APPLIED];
  if (!text) return undefined;
  try {
    const parsed = parseBody(text, 'json');
    decodeObject(parsed, definition);
    const { value } = parsed;
    return isJsonObject(value) && value.apiVersion === apiVersionOf(definition) ? (value as KubeObject) : undefined;
  } catch (error) {
    if (error instanceof ApiError) return undefined;
    throw error;
  }
}

const MAX_ANNOTATION_BYTES = 256 * 1024;

/**
 * Sets the record of `kubectl apply` without --server-side to what was applied, where there is one, so that both
 * records are equal. One that is too large is removed. Source: managedfields/internal/lastappliedupdater.go.
 */
export function recordLastApplied({ metadata }: KubeObject, config: KubeObject): void {
  const { annotations } = metadata;
  if (!annotations?.[LAST_APPLIED]) return;
  const { [LAST_APPLIED]: _last, ...others } = config.metadata.annotations ?? {};
  const applied = config.metadata.annotations ? { ...config.metadata, annotations: others } : config.metadata;
  const text = `${canonicalJson({ ...config, metadata: applied })}\n`;
  const recorded = { ...annotations, [LAST_APPLIED]: text };
  const bytes = Object.entries(recorded)
    .flat()
    .reduce((sum, part) => sum + Buffer.byteLength(part), 0);
  if (bytes <= MAX_ANNOTATION_BYTES) metadata.annotations = recorded;
  else delete annotations[LAST_APPLIED];
}
