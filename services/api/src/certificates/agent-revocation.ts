import { isAgentName } from '@everynode/contract';
import { AGENTS_GROUP, notFound } from '@everynode/objects';
import type { FastifyInstance } from 'fastify';
import type { ApiContext } from '../api-context.js';
import { jsonAnswer } from '../http/answer.js';

/**
 * An agent may host many nodes, and none of its name, so it is no Node. The permission is `create` on `agents/revoke`.
 */
const REVOKE_PATH = `/apis/${AGENTS_GROUP}/v1/agents/:name/revoke`;

/** Serves the revocation of agents, whatever they host. Their Nodes stay, and may be moved to another agent. */
export function addAgentRevocation(fastify: FastifyInstance, { store, revoked, log }: ApiContext): void {
  fastify.post<{ Params: { name: string } }>(REVOKE_PATH, async (request) => {
    const { name } = request.params;
    if (!isAgentName(name) || !(await isKnown(store, name)))
      throw notFound({ group: AGENTS_GROUP, plural: 'agents', name });
    await revoked.revokeAgent(name);
    log.info({ agent: name }, 'an agent was revoked');
    return jsonAnswer({ kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success' });
  });
}

/** An agent that has joined by a request, or has ever had a process. */
async function isKnown(store: ApiContext['store'], name: string): Promise<boolean> {
  return (await store.enrolmentOf(name)) !== undefined || (await store.listAgents()).includes(name);
}
