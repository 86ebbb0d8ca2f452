import {
  ApiError,
  checkValues,
  conversionFault,
  DecodeError,
  invalid,
  type KubeObject,
  lookupType,
  notFound,
  readObjectOf,
  strictErrorMessage,
  strictJsonErrors,
} from '@everynode/objects';
import {
  applyPatch,
  checkMediaType,
  describePatch,
  isJsonPatch,
  isStrategic,
  undecodablePatch,
} from '@everynode/patch';
import type { ApiContext } from '../api-context.js';
import type { ResourceRequest, WriteRequest } from '../dispatch/resource-request.js';
import type { Answer } from '../http/answer.js';
import { type Body, readValue } from '../http/body.js';
import { isApply } from '../write/apply-configuration.js';
import { type ClientWrite, commit, type Written } from '../write/commit.js';
import { ownersOfUpdate } from '../write/field-owners.js';
import { checkName, dropDoubleOwners, placeInNamespace } from '../write/object-identity.js';
import { decideReplacement } from '../write/replacement.js';
import { objectOf } from '../write/stored-object.js';
import { subjectOf } from '../write/target.js';
import { warned } from '../write/warned.js';
import { writeAnswer } from '../write/write-answer.js';
import { checkWriteOptions } from '../write/write-options.js';
import { applyObject } from './apply.js';

/** PATCH of an object, or of a subresource that writes a part of it. The media type says how: an apply is one too. */
export async function patch(context: ApiContext, request: ResourceRequest): Promise<Answer> {
  const { body, query } = request;
  checkMediaType(body.contentType ?? '');
  checkWriteOptions('PatchOptions', query, isApply(body));
  const write = isApply(body) ? applyObject : patchObject;
  return writeAnswer(context, request, await write(context, request));
}

/** Patches an object inside the transaction, so that a patch cannot conflict. @throws ApiError Invalid, NotFound. */
async function patchObject(context: ApiContext, request: WriteRequest): Promise<ClientWrite> {
  const { subresource, query } = request;
  const owners = ownersOfUpdate(request);
  const patch = await readPatch(request.body);
  let sent: KubeObject | undefined;
  // The store may decide again, and the last decision counts.
  const told: string[] = [];
  const write = (): Promise<Written> =>
    commit(context, {
      target: request,
      dryRun: query.dryRun,
      decide: (current) => {
        if (!current) throw notFound(subjectOf(request));
        const before = objectOf(request, current);
        const { object, warnings } = patchedObject(request, patch, before);
        placeInNamespace(request, object);
        checkName(request, object);
        sent = object;
        told.splice(0, told.length, ...warnings, ...dropDoubleOwners(object, 'patched'));
        const replacement = { target: request, subresource, object, owners, before, isPatched: true };
        return decideReplacement(context, replacement, current);
      },
    });
  const written = await warned(told, write);
  if (!sent) throw new Error('a patch was committed without a decision');
  return { ...written, sent, warnings: told };
}

interface Patch {
  /** The text of a short patch, whose faults are told when the object is there; else its value. */
  content: unknown;
  /** What strict decoding refuses in the patch itself. */
  doubled(): string[];
}

async function readPatch(body: Body): Promise<Patch> {
  if (body.isLightAs('json')) {
    const { text } = body;
    return { content: text, doubled: () => strictJsonErrors(text) };
  }
  try {
    const { value, strict } = await readValue(body, '', 'json');
    return { content: value, doubled: () => strict().errors };
  } catch (error) {
    if (!(error instanceof ApiError) || error.reason !== 'BadRequest' || error.cause === undefined) throw error;
    throw undecodablePatch(body.contentType ?? '', error.cause);
  }
}

interface Patched {
  object: KubeObject;
  warnings: string[];
}

/**
 * The result of a patch as an object. Strict decoding concerns the patch's own text and its result.
 * @throws ApiError Invalid with the field `patch`, as upstream, for a value of the wrong type, and, when Strict, for
 * unknown and duplicate fields. Source: apiserver handlers/patch.go.
 */
function patchedObject({ definition, body, query }: WriteRequest, patch: Patch, before: KubeObject): Patched {
  const { text, contentType = '' } = body;
  const { fieldValidation } = query;
  const patched = applyPatch(contentType, before, patch.content, { typeName: definition.schema, lookupType });
  checkValues(patched);
  const refuse = (detail: string): ApiError =>
    invalid({ group: '', kind: '', name: '' }, [
      { type: 'FieldValueInvalid', field: 'patch', value: describePatch(contentType, text, patched), detail },
    ]);
  try {
    const { object, strict } = readObjectOf({ value: patched }, definition, fieldValidation);
    if (fieldValidation === 'Ignore') return { object, warnings: [] };
    const inPatch = patch.doubled().map((one) => (isJsonPatch(contentType) ? `json patch ${one}` : one));
    const all = [...inPatch, ...strict.warnings];
    if (fieldValidation === 'Strict' && all.length > 0) throw refuse(strictErrorMessage(all));
    return { object, warnings: all };
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    const fault = isStrategic(contentType) ? conversionFault(definition.schema, patched) : undefined;
    throw refuse(fault ?? error.message);
  }
}
