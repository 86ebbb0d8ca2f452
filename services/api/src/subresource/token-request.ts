import {
  ApiError,
  conflict,
  type FieldError,
  invalid,
  type KubeObject,
  type ManagedFieldsEntry,
  notFound,
  type Pod,
  type ResourceName,
  timestamp,
} from '@everynode/objects';
import { restrictToken } from '../admission/node-restriction.js';
import { admitPosted } from '../admission/subresource-requests.js';
import type { ApiContext } from '../api-context.js';
import { findObject } from '../auth/find-object.js';
import { ISSUER, type ServiceAccountClaims } from '../auth/service-account-tokens.js';
import type { WriteRequest } from '../dispatch/resource-request.js';
import { readObject } from '../http/body.js';
import type { PlainObject } from '../present/plain-object.js';
import { ownersOfUpdate, postedKindOwned } from '../write/field-owners.js';
import { subjectOf, type Target } from '../write/target.js';

export const TOKEN_REQUEST = {
  group: 'authentication.k8s.io',
  version: 'v1',
  kind: 'TokenRequest',
  schema: 'io.k8s.api.authentication.v1.TokenRequest',
};

const DEFAULT_SECONDS = 3600;
const MIN_SECONDS = 600;
const MAX_SECONDS = 2 ** 32;

interface IssuedToken {
  token: PlainObject;
  warnings: string[];
}

interface BoundObjectRef {
  apiVersion?: string;
  kind?: string;
  name?: string;
  uid?: string;
}

interface TokenRequestSpec {
  audiences?: string[];
  expirationSeconds?: number;
  boundObjectRef?: BoundObjectRef;
}

/**
 * POST serviceaccounts/NAME/token: signs a token that authenticates the account. Returns the answer, a TokenRequest,
 * and what to warn of: a token that lives shorter than it was asked for.
 * Source: pkg/registry/core/serviceaccount/storage/token.go, pkg/apis/authentication/validation.
 */
export async function requestToken(context: ApiContext, request: WriteRequest): Promise<IssuedToken> {
  const { namespace, name, body, query } = request;
  const { object } = await readObject(body, TOKEN_REQUEST, query.fieldValidation);
  checkNamespace(object.metadata.namespace, namespace);
  const owners = ownersOf(request, object);
  const spec = specOf(object);
  refuse(name, nameErrors(object.metadata.name, name));
  restrictToken(context, request, spec);
  await admitPosted(context, { ...request, subresource: 'token' }, TOKEN_REQUEST, object);
  await context.freshReads.catchUp();
  const account = await findObject(context, 'serviceaccounts', namespace, name);
  if (!account) throw notFound(subjectOf(request));
  const asked = spec.expirationSeconds || DEFAULT_SECONDS;
  refuse('', expirationErrors(asked));
  const { maxTokenSeconds: most = asked } = context;
  const expirationSeconds = Math.min(asked, most);
  const audiences = spec.audiences?.length ? spec.audiences : [ISSUER];
  const bound = spec.boundObjectRef ? await boundClaims(context, request, spec.boundObjectRef) : {};
  const now = Date.now();
  const claims = { namespace, serviceaccount: { name, uid: account.record.uid }, ...bound };
  const status = await context.tokens.issue(claims, audiences, expirationSeconds, now);
  const answer = {
    kind: TOKEN_REQUEST.kind,
    apiVersion: 'authentication.k8s.io/v1',
    metadata: {
      ...object.metadata,
      name,
      namespace,
      uid: account.record.uid,
      creationTimestamp: timestamp(now),
      ...(owners && { managedFields: owners }),
    },
    spec: { audiences, expirationSeconds, boundObjectRef: spec.boundObjectRef ?? null },
    status,
  };
  const warnings =
    expirationSeconds < asked
      ? [`requested expiration of ${asked} seconds shortened to ${expirationSeconds} seconds`]
      : [];
  return { token: answer, warnings };
}

/** @param name The name that the refusal is of. @throws ApiError Invalid. */
function refuse(name: string, errors: FieldError[]): void {
  if (errors.length > 0) throw invalid({ group: TOKEN_REQUEST.group, kind: TOKEN_REQUEST.kind, name }, errors);
}

function checkNamespace(sent: string | undefined, path: string): void {
  if (!sent || sent === path) return;
  const text = 'the namespace of the provided object does not match the namespace sent on the request';
  throw new ApiError('BadRequest', text);
}

/** Who owns which fields of the request: its defaults too, but not what is set for the answer. */
function ownersOf(request: WriteRequest, object: KubeObject): ManagedFieldsEntry[] | undefined {
  const spec = { ...(object.spec as object), expirationSeconds: specOf(object).expirationSeconds ?? DEFAULT_SECONDS };
  const writing = { ...request, definition: postedKindOwned(TOKEN_REQUEST), subresource: 'token' } as const;
  return ownersOfUpdate(writing)(undefined, { ...object, spec }, undefined);
}

const specOf = ({ spec }: KubeObject): TokenRequestSpec => (spec ?? {}) as TokenRequestSpec;

function nameErrors(sent: string | undefined, account: string): FieldError[] {
  if (!sent || sent === account) return [];
  const detail = 'must match the service account name if specified';
  return [{ type: 'FieldValueInvalid', field: 'metadata.name', value: sent, detail }];
}

function expirationErrors(seconds: number): FieldError[] {
  const detail =
    seconds < MIN_SECONDS
      ? 'may not specify a duration less than 10 minutes'
      : seconds > MAX_SECONDS
        ? 'may not specify a duration larger than 2^32 seconds'
        : undefined;
  if (detail === undefined) return [];
  return [{ type: 'FieldValueInvalid', field: 'spec.expirationSeconds', value: seconds, detail }];
}

/** The objects that a token may be bound to: it is valid as long as its object exists. */
const BOUND: Readonly<Record<string, { resource: ResourceName; claim: 'pod' | 'secret' | 'node' }>> = {
  Pod: { resource: 'pods', claim: 'pod' },
  Secret: { resource: 'secrets', claim: 'secret' },
  Node: { resource: 'nodes', claim: 'node' },
};

/** What a token says of the object that it is bound to. @throws ApiError where there is no such object. */
export async function boundClaims(
  context: ApiContext,
  { namespace, name: account }: Pick<Target, 'namespace' | 'name'>,
  { apiVersion = '', kind = '', name = '', uid }: BoundObjectRef,
): Promise<Partial<ServiceAccountClaims>> {
  // Upstream looks at the group alone.
  const known = !apiVersion.includes('/') && Object.hasOwn(BOUND, kind) ? BOUND[kind] : undefined;
  if (!known) {
    const qualified = apiVersion.includes('/') ? apiVersion : `/${apiVersion}`;
    throw new ApiError('BadRequest', `cannot bind token to object of type ${qualified}, Kind=${kind}`);
  }
  const { resource, claim } = known;
  const found = await findObject(context, resource, claim === 'node' ? '' : namespace, name);
  if (!found) throw notFound({ group: '', plural: resource, name });
  const ref = { name, uid: found.record.uid };
  if (uid && uid !== ref.uid) {
    throw conflict(
      { group: '', plural: kind, name },
      `the UID in the bound object reference (${uid}) does not match the UID in record. The object might have been deleted and then recreated`,
    );
  }
  if (claim !== 'pod') return { [claim]: ref };
  const { spec } = found.object as Pod;
  if (spec?.serviceAccountName !== account) {
    const text = `cannot bind token for serviceaccount ${JSON.stringify(account)} to pod running with different serviceaccount name.`;
    throw new ApiError('BadRequest', text);
  }
  const node = spec.nodeName ? await findObject(context, 'nodes', '', spec.nodeName) : undefined;
  return { pod: ref, ...(node && { node: { name: node.record.name, uid: node.record.uid } }) };
}
