import { randomUUID } from 'node:crypto';
import type { Bus } from '@everynode/bus';
import {
  agentOfSubject,
  busUser,
  ContractError,
  type IssueTokenReply,
  parseExchange,
  subjects,
} from '@everynode/contract';
import { type PodSpec, resourceByStorage } from '@everynode/objects';
import { namesAudience } from '../admission/token-audiences.js';
import type { ApiContext } from '../api-context.js';
import type { AuditedRequest, AuditLog } from '../audit/audit-log.js';
import { findObject } from '../auth/find-object.js';
import { ISSUER } from '../auth/service-account-tokens.js';
import { boundClaims } from './token-request.js';

const QUEUE = 'agent-tokens';

/**
 * Answers agents that ask for the tokens of their pods, as a kubelet asks with a TokenRequest. An agent gets one for a
 * pod on a node that it hosts, of the service account of that pod, for an audience that the pod names, and bound to the
 * pod: it ends with it. Each request is in the audit log, as a TokenRequest is.
 */
export function serveAgentTokens(
  context: ApiContext,
  bus: Pick<Bus, 'respond'>,
  audit: Pick<AuditLog, 'record'> | undefined,
): void {
  bus.respond(subjects.allRequests('issue-token'), QUEUE, async (subject, body) => {
    const agent = agentOfSubject(subject);
    if (agent === undefined) throw new ContractError(`no agent in subject ${subject}`);
    const request: TokenRequest = { agent, subject, receivedAt: Date.now(), account: undefined };
    try {
      const reply = await issueToken(context, request, body);
      await record(context, audit, request, 201);
      return JSON.stringify(reply);
    } catch (error) {
      await record(context, audit, request, error instanceof ContractError ? 403 : 500);
      throw error;
    }
  });
}

interface TokenRequest {
  agent: string;
  subject: string;
  /** ms since the epoch. */
  receivedAt: number;
  /** That of the pod, once it is known. */
  account: { namespace: string; name: string } | undefined;
}

/** Why a request was answered so, by the code. What failed was not decided. */
const ACCESS: Readonly<Record<number, AuditedRequest['access']>> = {
  201: { decision: 'allow', reason: 'the agent hosts a pod of the account' },
  403: { decision: 'forbid', reason: 'the agent hosts no pod that asks for such a token' },
};

/** Never rejects: an agent is answered whatever its keys are. */
async function record(
  { store, log }: ApiContext,
  audit: Pick<AuditLog, 'record'> | undefined,
  { agent, subject, receivedAt, account }: TokenRequest,
  code: number,
): Promise<void> {
  if (!audit) return;
  const keys = await store.agentKeys(agent).catch((err: unknown) => {
    log.warn({ err, agent }, 'the keys of an agent cannot be read, and are not in the audit log');
    return [];
  });
  audit.record({
    id: randomUUID(),
    stage: 'ResponseComplete',
    verb: 'create',
    uri: subject,
    user: JSON.stringify(busUser(agent, keys)),
    impersonated: undefined,
    access: ACCESS[code],
    address: undefined,
    userAgent: undefined,
    path: {
      definition: resourceByStorage('serviceaccounts'),
      namespace: account?.namespace ?? '',
      name: account?.name,
      subresource: 'token',
      watches: false,
    },
    code,
    receivedAt,
  });
}

/** Of a projection that says nothing. Source: pkg/apis/core/v1/defaults.go. */
const DEFAULT_SECONDS = 3600;

/** The longest life that the pod asks for, of a token for an audience; for a volume's driver, the usual one. */
function longestIn({ volumes = [] }: PodSpec, audience: string): number {
  const projections = volumes.flatMap(({ projected }) => projected?.sources ?? []);
  const lives = projections.flatMap(({ serviceAccountToken: token }) =>
    token && (token.audience ?? '') === audience ? [Number(token.expirationSeconds ?? DEFAULT_SECONDS)] : [],
  );
  return lives.length > 0 ? Math.max(...lives) : DEFAULT_SECONDS;
}

async function issueToken(context: ApiContext, request: TokenRequest, body: string): Promise<IssueTokenReply> {
  const asked = parseExchange('issue-token', 'request', body);
  const [pod] = await context.store.getAssignedPods(request.agent, [asked.uid]);
  const spec = pod && (JSON.parse(pod.desired) as { spec?: PodSpec }).spec;
  const account = spec?.serviceAccountName;
  if (!pod || !account) throw new ContractError(`the agent has no pod ${asked.uid} with a service account`);
  request.account = { namespace: pod.namespace, name: account };
  if (!namesAudience(context, { metadata: pod, spec }, asked.audience ?? '')) {
    throw new ContractError(`the pod ${asked.uid} names no token for the audience ${JSON.stringify(asked.audience)}`);
  }
  const { namespace, name, uid } = pod;
  await context.freshReads.catchUp();
  const found = await findObject(context, 'serviceaccounts', namespace, account);
  if (!found) throw new ContractError(`serviceaccount ${namespace}/${account} not found`);
  const bound = await boundClaims(context, { namespace, name: account }, { kind: 'Pod', apiVersion: 'v1', name, uid });
  const expirationSeconds = Math.min(
    asked.expirationSeconds,
    longestIn(spec, asked.audience ?? ''),
    context.maxTokenSeconds ?? Number.POSITIVE_INFINITY,
  );
  const { token } = await context.tokens.issue(
    { namespace, serviceaccount: { name: account, uid: found.record.uid }, ...bound },
    [asked.audience || ISSUER],
    expirationSeconds,
    Date.now(),
  );
  return { token, expirationSeconds };
}
