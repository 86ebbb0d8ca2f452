import type { KubeObject } from '@everynode/objects';
import type { ApiContext } from '../../api-context.js';
import type { AdmittedResource, Attributes } from '../dynamic/attributes.js';
import { requestOf } from '../dynamic/request.js';
import { readResponse, type SentStatus } from './read-response.js';
import { CallError } from './webhook-error.js';

const GROUP = 'admission.k8s.io';
const VERSIONS = ['v1', 'v1beta1'];

/** A review on its way to a webhook. */
export interface Review {
  version: string;
  uid: string;
  body: object;
}

/**
 * @param versions in the order in which the webhook prefers them. @throws CallError where none is known.
 * Source: apiserver plugin/webhook/request/admissionreview.go.
 */
export function makeReview(
  context: ApiContext,
  attributes: Attributes,
  { versions, sentAs, dryRun }: { versions: readonly string[]; sentAs: AdmittedResource; dryRun: boolean },
): Review {
  const version = versions.find((one) => VERSIONS.includes(one));
  if (version === undefined) {
    const why = 'webhook does not accept known AdmissionReview versions (v1, v1beta1)';
    throw new CallError(`could not create admission objects: ${why}`);
  }
  const request = requestOf(context, attributes, sentAs, dryRun);
  const inForm = (object: KubeObject | undefined): KubeObject | null =>
    object ? sentIn(object, attributes.definition, sentAs) : null;
  return {
    version,
    uid: String(request.uid),
    body: {
      kind: 'AdmissionReview',
      apiVersion: `${GROUP}/${version}`,
      request: { ...request, object: inForm(attributes.object), oldObject: inForm(attributes.oldObject) },
    },
  };
}

/** The object in the form of another resource that shows it. */
function sentIn(object: KubeObject, from: AdmittedResource, to: AdmittedResource): KubeObject {
  if (from === to) return object;
  const stored = from.convert ? from.convert.toStored(structuredClone(object)) : object;
  return to.convert ? to.convert.fromStored(structuredClone(stored)) : stored;
}

/** What a webhook has answered. */
export interface Answer {
  allowed: boolean;
  /** The Status of a refusal. */
  result?: SentStatus | undefined;
  /** The text of a JSON patch. */
  patch?: string;
  warnings: string[];
  auditAnnotations: Record<string, string>;
}

/** @throws CallError for what is no answer to the review. Source: the same file, VerifyAdmissionResponse. */
export function readAnswer(review: Review, answer: unknown, mutating: boolean): Answer {
  const invalid = (why: string) => new CallError(`received invalid webhook response: ${why}`);
  const { apiVersion, kind, response } = readResponse(answer);
  if (!response) throw invalid('webhook response was absent');
  const { uid, allowed, patch, patchType, warnings, auditAnnotations } = response;
  const hasPatch = patch !== '';
  if (review.version === 'v1') {
    if (uid !== review.uid) {
      throw invalid(`expected response.uid=${JSON.stringify(review.uid)}, got ${JSON.stringify(uid)}`);
    }
    if (kind !== 'AdmissionReview' || apiVersion !== `${GROUP}/v1`) {
      const found = `${apiVersion}, Kind=${kind}`;
      throw invalid(`expected webhook response of ${GROUP}/v1, Kind=AdmissionReview, got ${found}`);
    }
    if (!mutating && hasPatch) throw invalid('validating webhook may not return response.patch');
    if (!mutating && patchType !== undefined) throw invalid('validating webhook may not return response.patchType');
    if (hasPatch && patchType === undefined)
      throw invalid('webhook returned response.patch but not response.patchType');
    if (!hasPatch && patchType !== undefined) {
      throw invalid('webhook returned response.patchType but not response.patch');
    }
    if (hasPatch && patchType === '') throw invalid('webhook returned invalid response.patchType of ""');
    if (hasPatch && patchType !== 'JSONPatch')
      throw new CallError(`unsupported patch type ${JSON.stringify(patchType)}`);
  }
  return {
    allowed,
    result: response.status,
    ...(mutating && hasPatch && { patch: Buffer.from(patch, 'base64').toString() }),
    warnings,
    auditAnnotations,
  };
}
