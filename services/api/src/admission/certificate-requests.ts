import { isUserPublicKey } from '@everynode/bus-credentials';
import { nodeOfUser, readSigningRequest, SIGNERS, type SigningRequest } from '@everynode/certificates';
import { isAgentName } from '@everynode/contract';
import {
  BOOTSTRAP_NAMESPACE,
  bootstrapSecretName,
  type CertificateSigningRequest,
  coversNodeName,
  type FieldError,
  forbiddenTo,
  readBootstrapToken,
  resourceByStorage,
  type Secret,
  type Stored,
  timestamp,
  usedBootstrapSecret,
} from '@everynode/objects';
import type { ApiContext } from '../api-context.js';
import { bootstrapIdOf, NODE_NAMES } from '../auth/bootstrap-authentication.js';
import type { Identity } from '../auth/identity.js';
import { BUS_ANNOTATIONS, requestedBusKey } from '../certificates/agent-bus.js';
import { ASKED_AT, coversPatterns, HOSTED_NODES, noteAskedAt, requestedEnrolment } from '../certificates/enrol.js';
import { commit } from '../write/commit.js';
import { decisionFor } from '../write/decision.js';
import { objectOf } from '../write/stored-object.js';
import type { Target } from '../write/target.js';
import type { ObjectWrite, PluginFor } from './plugin.js';

type Request = Stored<CertificateSigningRequest>;

const RESOURCE = 'certificatesigningrequests.certificates.k8s.io';
/** Every node is compared with each of them. */
const MAX_HOSTED = 1000;
const MASTERS = 'system:masters';

/**
 * Notes who asks for a certificate, and refuses what the asker may not ask for, approve or sign.
 * Source: pkg/registry/certificates/certificates/strategy.go, plugin/pkg/admission/certificates.
 */
export const certificateRequests: PluginFor<typeof RESOURCE> = {
  resources: [RESOURCE],
  operations: ['create', 'update'],

  admit(write) {
    const { context, operation, subresource = '', object, before } = write;
    if (operation === 'create') {
      // Not of the client: the one who approves a request has to be able to rely on it.
      noteRequester(object, context.identity);
      refuseSubject(object);
      delete object.metadata.annotations?.[ASKED_AT];
      refuseHosted(object);
      refuseBusKey(object);
      refuseNode(object, context.identity);
    } else if (before) {
      keepWhatIsAsked(object, before);
      if (subresource !== 'approval' && subresource !== 'status') return;
      requireSignerRights(write, before);
      stampConditions(object, before);
      if (isApproved(object)) noteAskedAt(object, before.metadata.resourceVersion ?? '');
    }
  },

  fieldErrors({ operation, object }): FieldError[] {
    if (operation !== 'create') return [];
    const text = object.spec?.request ?? '';
    try {
      readSigningRequest(pemOf(object));
      return [];
    } catch (error) {
      const detail = error instanceof Error ? error.message : String(error);
      return [{ type: 'FieldValueInvalid', field: 'spec.request', value: text, detail }];
    }
  },

  claim: takeToken,
};

const pemOf = ({ spec }: CertificateSigningRequest): string => Buffer.from(spec?.request ?? '', 'base64').toString();

/** Undefined for a text that is no request: validation says so. */
function requestIn(object: CertificateSigningRequest): SigningRequest | undefined {
  try {
    return readSigningRequest(pemOf(object));
  } catch {
    return undefined;
  }
}

const refused = ({ metadata }: Request, message: string) =>
  forbiddenTo({ group: 'certificates.k8s.io', plural: 'certificatesigningrequests', name: metadata.name }, message);

function noteRequester(object: Request, identity: Identity | undefined): void {
  const { username: _user, uid: _uid, groups: _groups, extra: _extra, ...asked } = object.spec ?? {};
  object.spec = {
    ...(asked as NonNullable<Request['spec']>),
    ...(identity && {
      username: identity.user,
      groups: [...identity.groups],
      ...(identity.uid !== undefined && { uid: identity.uid }),
      ...(identity.extra && { extra: identity.extra }),
    }),
  };
}

/** Source: plugin/pkg/admission/certificates/subjectrestriction. */
function refuseSubject(object: Request): void {
  if (object.spec?.signerName !== SIGNERS.client) return;
  if (!requestIn(object)?.organisations.includes(MASTERS)) return;
  throw refused(object, `use of ${SIGNERS.client} signer with ${MASTERS} group is not allowed`);
}

/** Beyond upstream: what an agent asks to host has to be names. */
function refuseHosted(object: Request): void {
  const hosted = (requestIn(object) && requestedEnrolment(object)?.nodeNames) ?? [];
  if (hosted.length > MAX_HOSTED) {
    throw refused(
      object,
      `${HOSTED_NODES} must have at most ${MAX_HOSTED} items; a beginning of names stands for many`,
    );
  }
  if (coversPatterns([], hosted)) return;
  throw refused(object, `${HOSTED_NODES} must be names of nodes, or beginnings of names with * behind them`);
}

/**
 * What a request asks for beside its specification is as fixed as that: an approver has looked at it, and admission has
 * held it to the token.
 */
function keepWhatIsAsked(object: Request, before: Request): void {
  for (const key of [HOSTED_NODES, BUS_ANNOTATIONS.key, ASKED_AT]) {
    const value = before.metadata.annotations?.[key];
    if (value !== undefined) object.metadata.annotations = { ...object.metadata.annotations, [key]: value };
    else delete object.metadata.annotations?.[key];
  }
}

const isApproved = ({ status }: Request): boolean =>
  status?.conditions?.some(({ type }) => type === 'Approved') ?? false;

/** Beyond upstream: a credential of the bus is for an agent, by a key that the agent has made. */
function refuseBusKey(object: Request): void {
  const key = requestedBusKey(object);
  if (key === undefined || !requestIn(object)) return;
  const wanted = requestedEnrolment(object);
  if (!isUserPublicKey(key)) throw refused(object, `${BUS_ANNOTATIONS.key} must be the public key of a user of NATS`);
  if (wanted && isAgentName(wanted.agent)) return;
  throw refused(object, 'a credential of the bus is for an agent, whose name is a DNS label');
}

/** A token that names nodes is for the client certificates of these nodes, and for nothing else. */
function refuseNode(object: Request, identity: Identity | undefined): void {
  const patterns = identity && bootstrapIdOf(identity) !== undefined ? identity.extra?.[NODE_NAMES] : undefined;
  if (!patterns) return;
  if (object.spec?.signerName !== SIGNERS.kubeletClient) {
    throw refused(object, `the bootstrap token is for certificates of ${SIGNERS.kubeletClient} alone`);
  }
  const request = requestIn(object);
  const node = request && nodeOfUser(request.commonName);
  const hosted = (request && requestedEnrolment(object)?.nodeNames) ?? [];
  if (node !== undefined && coversNodeName(patterns, node) && coversPatterns(patterns, hosted)) return;
  throw refused(object, `the bootstrap token is not for this node: it is for ${patterns.join(', ')}`);
}

/** Source: plugin/pkg/admission/certificates/approval, signing: the verbs approve and sign on a signer. */
function requireSignerRights({ context, subresource, object }: ObjectWrite<Request>, before: Request): void {
  const { identity: user, authorization } = context;
  if (!user) return;
  const changed = subresource === 'approval' || before.status?.certificate !== object.status?.certificate;
  const failed = (object.status?.conditions ?? []).some(({ type }) => type === 'Failed');
  if (!changed && !failed) return;
  const verb = subresource === 'approval' ? 'approve' : 'sign';
  const signer = before.spec?.signerName ?? '';
  const [domain = ''] = signer.split('/');
  const allowed = [signer, `${domain}/*`].some(
    (name) =>
      authorization.decide({
        kind: 'resource',
        user,
        verb,
        group: 'certificates.k8s.io',
        resource: 'signers',
        subresource: '',
        namespace: '',
        name,
      }).verdict === 'allow',
  );
  if (!allowed)
    throw refused(before, `user not permitted to ${verb} requests with signerName ${JSON.stringify(signer)}`);
}

/** Source: strategy.go, populateConditionTimestamps. */
function stampConditions(object: Request, before: Request): void {
  const now = timestamp(Date.now());
  for (const condition of object.status?.conditions ?? []) {
    const same = before.status?.conditions?.find(
      ({ type, status }) => type === condition.type && status === condition.status,
    );
    condition.lastUpdateTime ||= now;
    condition.lastTransitionTime ||= same?.lastTransitionTime || now;
  }
}

/**
 * A token for one use serves one key. The note is written by one statement in the store, so of two keys at once one
 * gets in; the same key may ask again, since a joiner may lose its answer.
 */
async function takeToken({ context, object }: ObjectWrite<Request>): Promise<void> {
  const id = context.identity && bootstrapIdOf(context.identity);
  const request = id === undefined ? undefined : requestIn(object);
  if (id === undefined || !request) return;
  const target: Target = {
    definition: resourceByStorage('secrets'),
    namespace: BOOTSTRAP_NAMESPACE,
    name: bootstrapSecretName(id),
  };
  await noteUse(context, target, request.keyHash, object);
}

async function noteUse(context: ApiContext, target: Target, key: string, object: Request): Promise<void> {
  await commit(context, {
    target,
    dryRun: false,
    decide: (current) => {
      const secret = current && (objectOf(target, current) as Secret);
      const token = secret && readBootstrapToken(secret);
      if (!token) throw refused(object, 'the bootstrap token is gone');
      if (!token.singleUse || token.usedBy === key) return { kind: 'keep' };
      if (token.usedBy !== undefined) throw refused(object, 'the bootstrap token is for one use, and has been used');
      return decisionFor(target, usedBootstrapSecret(secret, key) as Stored<Secret>, current);
    },
  });
}
