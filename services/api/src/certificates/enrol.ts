import { X509Certificate } from 'node:crypto';
import { nodeOfUser, readSigningRequest, SIGNERS } from '@everynode/certificates';
import type { Reflector } from '@everynode/list-watch';
import {
  AGENT_ANNOTATION,
  type CertificateSigningRequest,
  coversNodeName,
  isNodeNamePattern,
  resourceByStorage,
  type Stored,
} from '@everynode/objects';
import type { ApiContext } from '../api-context.js';
import { commit } from '../write/commit.js';
import { decisionFor } from '../write/decision.js';
import { objectOf } from '../write/stored-object.js';
import type { Target } from '../write/target.js';

/** An annotation of a request: which nodes the agent is to host, as names or `prefix*`; by default the one it names. */
export const HOSTED_NODES = 'everynode.io/node-names';

/**
 * An annotation of a request, which its approval writes: the revision that the request had before. It cannot be
 * approved into what has ended since. No client sets it.
 */
export const ASKED_AT = 'everynode.io/asked-at-revision';

type Request = Stored<CertificateSigningRequest>;

/** Notes at the first approval of a request for a node which revision the request has had until then. */
export function noteAskedAt(request: Request, revision: string): void {
  if (requestedEnrolment(request) === undefined || request.metadata.annotations?.[ASKED_AT] !== undefined) return;
  request.metadata.annotations = { ...request.metadata.annotations, [ASKED_AT]: revision };
}

/** The agent that a request is for, and the nodes that it is to host; undefined for requests of other signers. */
export function requestedEnrolment({ metadata, spec }: Request): { agent: string; nodeNames: string[] } | undefined {
  if (spec?.signerName !== SIGNERS.kubeletClient) return undefined;
  const agent = nodeOfUser(readSigningRequest(Buffer.from(spec.request, 'base64').toString()).commonName);
  if (agent === undefined) return undefined;
  const asked = (metadata.annotations?.[HOSTED_NODES] ?? '').split(',').filter((text) => text !== '');
  return { agent, nodeNames: asked.length > 0 ? asked : [agent] };
}

/** True where patterns leave out nothing that the asked ones cover. */
export function coversPatterns(patterns: readonly string[], asked: readonly string[]): boolean {
  return asked.every(
    (one) => isNodeNamePattern(one) && (patterns.length === 0 || patterns.some((p) => covers(p, one))),
  );
}

const covers = (pattern: string, asked: string): boolean =>
  asked.endsWith('*')
    ? pattern.endsWith('*') && asked.startsWith(pattern.slice(0, -1))
    : coversNodeName([pattern], asked);

/** True where some node name is covered by both. */
const overlap = (a: string, b: string): boolean => covers(a, b) || covers(b, a);

/**
 * The agents that hold a node of this request already, by their enrolment or because they host it. The request's own
 * agent is among them where another request has enrolled it, or where it hosts nodes without an enrolment here, as one
 * of a file does: a second holder of its name would be another machine.
 */
export async function holdersOf(
  { store, reflector }: Pick<ApiContext, 'store' | 'reflector'>,
  nodeNames: readonly string[],
  agent: string,
  revision: number,
): Promise<string[]> {
  const enrolments = await store.listEnrolments();
  const isWanted = (held: string): boolean => nodeNames.some((name) => overlap(held, name));
  const enrolled = enrolments
    .filter((one) => (one.agent === agent ? one.revision !== revision : one.nodeNames.some(isWanted)))
    .map((one) => one.agent);
  const isUnknownHost = !enrolments.some((one) => one.agent === agent) && hostsNodes(reflector, agent);
  const hosts = nodesOfOthers(reflector, nodeNames, agent).map(({ host }) => host);
  return [...new Set([...enrolled, ...(isUnknownHost ? [agent] : []), ...hosts])];
}

function hostsNodes(reflector: Reflector, agent: string): boolean {
  for (const { record } of reflector.cache('nodes').list()) if (record.placement === agent) return true;
  return false;
}

/** The known nodes among these that another agent hosts. */
function nodesOfOthers(
  reflector: Reflector,
  nodeNames: readonly string[],
  agent: string,
): { name: string; host: string }[] {
  const found: { name: string; host: string }[] = [];
  for (const { record } of reflector.cache('nodes').list()) {
    const { name, placement: host } = record;
    const isOfAnother = host !== null && host !== agent;
    if (isOfAnother && nodeNames.some((one) => covers(one, name))) found.push({ name, host });
  }
  return found;
}

/** What an agent gets with a certificate: see {@link AgentCertificate}. */
export interface Granted {
  /** PEM. */
  certificate: string;
  /** The public key of the bus that gets a credential; undefined where none is asked for. */
  busKey: string | undefined;
}

/**
 * Notes a certificate before its agent gets it, so that it can be taken back. Other signers' are not noted. Where a
 * person has approved it, the nodes of others move to the agent.
 * @returns why the agent must not get it; undefined when it may.
 */
export async function enrol(
  context: ApiContext,
  request: Request,
  revision: number,
  { certificate, busKey }: Granted,
): Promise<string | undefined> {
  const wanted = requestedEnrolment(request);
  if (!wanted) return undefined;
  const { agent, nodeNames } = wanted;
  // Requests that an older release has approved lack it.
  const askedAt = Number(request.metadata.annotations?.[ASKED_AT]) || revision;
  const { serialNumber: serial, validTo } = new X509Certificate(certificate);
  // A renewal changes nothing: what an agent hosts is decided when it joins.
  const renews = nodeOfUser(request.spec?.username ?? '') === agent;
  const replaced = renews ? [] : await holdersOf(context, nodeNames, agent, revision);
  if (replaced.length > 0 && isApprovedByItself(request)) return `${replaced.join(', ')} joined meanwhile`;
  const isEnrolled = await context.store.enrolAgent(
    { agent, serial, busKey, revision, askedAt, notAfter: Date.parse(validTo) },
    renews ? undefined : { nodeNames, replaced },
  );
  if (!isEnrolled) return 'the node was deleted, joined again, or its agent was revoked, after this request';
  for (const { name } of renews ? [] : nodesOfOthers(context.reflector, nodeNames, agent)) {
    await moveNode(context, name, agent);
  }
  return undefined;
}

export const AUTO_APPROVED = 'AutoApproved';

const isApprovedByItself = ({ status }: Request): boolean =>
  status?.conditions?.some(({ type, reason }) => type === 'Approved' && reason === AUTO_APPROVED) ?? false;

/** Has an agent host a node. A node that is gone meanwhile is the agent's when it registers it. */
async function moveNode(context: ApiContext, name: string, agent: string): Promise<void> {
  const target: Target = { definition: resourceByStorage('nodes'), namespace: '', name };
  await commit(context, {
    target,
    dryRun: false,
    decide: (current) => {
      if (!current) return { kind: 'keep' };
      const node = objectOf(target, current);
      node.metadata.annotations = { ...node.metadata.annotations, [AGENT_ANNOTATION]: agent };
      return decisionFor(target, node, current);
    },
  });
}
