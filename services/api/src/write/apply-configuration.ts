import {
  ApiError,
  apiVersionOf,
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
  config: KubeObject;
  warnings: string[];
}

/** Reads the body's own fields, each in canonical form, without defaults. @throws ApiError BadRequest. */
export async function readConfiguration(request: WriteRequest): Promise<Configuration> {
  const { definition, body, query } = request;
  const parsed = await readFields(body);
  const written = parsed.value as KubeObject;
  const expected = apiVersionOf(definition);
  if (written.apiVersion !== expected) {
    throw new ApiError(
      'BadRequest',
      `Incorrect version specified in apply patch. Specified patch version: ${written.apiVersion ?? ''}, expected: ${expected}`,
    );
  }
  const refuse = (fault: string): ApiError => {
    const { namespace = '', name = '' } = written.metadata ?? {};
    const type = `${definition.group ? expected : `/${expected}`}, Kind=${written.kind ?? ''}`;
    return new ApiError('BadRequest', `failed to create typed patch object (${namespace}/${name}; ${type}): ${fault}`);
  };
  const object = readTyped(parsed, definition, refuse);
  if (object.metadata.managedFields) throw new ApiError('BadRequest', 'metadata.managedFields must be nil');
  const [unknown, ...others] = unknownFields(definition.schema, written);
  if (unknown !== undefined) {
    const faults = [unknown, ...others].map((path) => `.${path}: field not declared in schema`);
    throw refuse(others.length > 0 ? `errors:\n  ${faults.join('\n  ')}` : (faults[0] ?? ''));
  }
  const config = onlyWritten(written, object) as KubeObject;
  const unmergeable = itemErrors(definition.schema, config);
  if (unmergeable !== undefined) throw refuse(unmergeable);
  config.metadata ??= {} as KubeObject['metadata'];
  placeInNamespace(request, config);
  const { fieldValidation } = query;
  if (fieldValidation === 'Ignore') return { config, warnings: [] };
  const { errors, warnings } = parsed.strict();
  if (fieldValidation === 'Strict' && errors.length > 0) {
    throw new ApiError('BadRequest', `error strict decoding YAML: error converting YAML to JSON: ${errors.join(', ')}`);
  }
  return { config, warnings };
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

function readTyped(body: ParsedBody, definition: ResourceDefinition, refuse: (fault: string) => ApiError): KubeObject {
  try {
    return readObjectOf(body, definition, 'Ignore').object;
  } catch (error) {
    if (error instanceof DecodeError) throw refuse(error.message);
    throw error;
  }
}

/** Returns a canonical value without the members that the written value does not have. */
function onlyWritten(written: unknown, canonical: unknown): unknown {
  if (Array.isArray(written) && Array.isArray(canonical) && written.length === canonical.length) {
    return canonical.map((item, at) => onlyWritten(written[at], item));
  }
  if (!isJsonObject(written) || !isJsonObject(canonical)) return canonical;
  const kept = Object.entries(canonical).filter(([key]) => written[key] !== undefined && written[key] !== null);
  return Object.fromEntries(kept.map(([key, value]) => [key, onlyWritten(written[key], value)]));
}

/** Where `kubectl apply` without --server-side records its last configuration. */
export const LAST_APPLIED = 'kubectl.kubernetes.io/last-applied-configuration';

/** The last configuration of `kubectl apply` without --server-side; undefined where there is none that can be read. */
export function lastAppliedOf({ metadata }: KubeObject, definition: ResourceDefinition): KubeObject | undefined {
  const text = metadata.annotations?.[LAST_APPLIED];
  if (!text) return undefined;
  try {
    const parsed = parseBody(text, 'json');
    return onlyWritten(parsed.value, decodeObject(parsed, definition).object) as KubeObject;
  } catch (error) {
    if (error instanceof ApiError) return undefined;
    throw error;
  }
}
