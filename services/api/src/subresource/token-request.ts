import type { ResourceName } from '@everynode/objects';
import { ApiError, conflict, type FieldError, invalid, notFound, type Pod, timestamp } from '@everynode/objects';
import { restrictToken } from '../admission/node-restriction.js';
import type { ApiContext } from '../api-context.js';
import { findObject } from '../auth/find-object.js';
import { ISSUER, type ServiceAccountClaims } from '../auth/service-account-tokens.js';
import type { ActionRequest } from '../dispatch/resource-request.js';
import { readObject } from '../http/body.js';
import type { PlainObject } from '../present/plain-object.js';
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
export async function requestToken(context: ApiContext, request: ActionRequest): Promise<IssuedToken> {
  const { namespace, name, body, query } = request;
  const { object } = await readObject(body, TOKEN_REQUEST, query.fieldValidation);
  requireSame('name', object.metadata.name, name);
  requireSame('namespace', object.metadata.namespace, namespace);
  const spec = (object.spec ?? {}) as TokenRequestSpec;
  restrictToken(context, request, spec.boundObjectRef);
  await context.freshReads.catchUp();
  const account = await findObject(context, 'serviceaccounts', namespace, name);
  if (!account) throw notFound(subjectOf(request));
  const asked = spec.expirationSeconds || DEFAULT_SECONDS;
  const errors = expirationErrors(asked);
  if (errors.length > 0) throw invalid({ group: TOKEN_REQUEST.group, kind: TOKEN_REQUEST.kind, name: '' }, errors);
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
    metadata: { name, namespace, creationTimestamp: timestamp(now) },
    spec: { audiences, expirationSeconds, boundObjectRef: spec.boundObjectRef ?? null },
    status,
  };
  const warnings =
    expirationSeconds < asked
      ? [`requested expiration of ${asked} seconds shortened to ${expirationSeconds} seconds`]
      : [];
  return { token: answer, warnings };
}

function requireSame(what: 'name' | 'namespace', sent: string | undefined, path: string): void {
  if (!sent || sent === path) return;
  const text = `the ${what} of the provided object does not match the ${what} sent on the request`;
  throw new ApiError('BadRequest', `${text} (${sent} and ${path})`);
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

async function boundClaims(
  context: ApiContext,
  { namespace, name: account }: Target,
  { apiVersion = '', kind = '', name = '', uid }: BoundObjectRef,
): Promise<Partial<ServiceAccountClaims>> {
  const known = apiVersion === 'v1' && Object.hasOwn(BOUND, kind) ? BOUND[kind] : undefined;
  if (!known) {
    throw new ApiError('BadRequest', `cannot bind token to object of type ${apiVersion}, Kind=${kind}`);
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
