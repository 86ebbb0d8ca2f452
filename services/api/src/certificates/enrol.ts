import { X509Certificate } from 'node:crypto';
import { nodeOfUser, readSigningRequest, SIGNERS } from '@everynode/certificates';
import { type CertificateSigningRequest, coversNodeName, isNodeNamePattern, type Stored } from '@everynode/objects';
import type { ApiContext } from '../api-context.js';

/** An annotation of a request: which nodes the agent is to host, as names or `prefix*`; by default the one it names. */
export const HOSTED_NODES = 'everynode.io/node-names';

type Request = Stored<CertificateSigningRequest>;

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
 * The agents that hold a node of this request already. The request's own agent is among them where it is enrolled: a
 * second holder of its name would be another machine.
 */
export async function holdersOf({ store }: ApiContext, nodeNames: readonly string[], agent: string): Promise<string[]> {
  const enrolments = await store.listEnrolments();
  return enrolments
    .filter((one) => one.agent === agent || one.nodeNames.some((held) => nodeNames.some((name) => overlap(held, name))))
    .map((one) => one.agent);
}

/** Notes a certificate before its agent gets it, so that it can be taken back. Other signers' are not noted. */
export async function enrol(
  context: ApiContext,
  request: Request,
  revision: number,
  certificate: string,
): Promise<void> {
  const wanted = requestedEnrolment(request);
  if (!wanted) return;
  const { agent, nodeNames } = wanted;
  const { serialNumber: serial, validTo } = new X509Certificate(certificate);
  // A renewal changes nothing: what an agent hosts is decided when it joins.
  const renews = nodeOfUser(request.spec?.username ?? '') === agent;
  const replaced = renews ? [] : await holdersOf(context, nodeNames, agent);
  await context.store.enrolAgent(
    { agent, serial, revision, notAfter: Date.parse(validTo) },
    renews ? undefined : { nodeNames, replaced },
  );
}
