import { type Bus, RequestTurns } from '@everynode/bus';
import {
  type AgentRequest,
  agentOfSubject,
  ContractError,
  type FetchPodsReply,
  type ListPodsReply,
  parseExchange,
  type ReportStored,
  subjects,
  type TakeIncarnationReply,
} from '@everynode/contract';
import type { Reflector } from '@everynode/list-watch';
import { recordToJson } from '@everynode/objects';
import type { Store } from '@everynode/store';
import type { AgentLimits } from '../ingest/agent-limits.js';
import type { Incarnations } from '../ingest/incarnations.js';
import { findMissing } from './missing-objects.js';
import { fetchObjects } from './pod-objects.js';

const QUEUE = 'agent-requests';
/** The most whole pods in one reply, in UTF-16 units of JSON; the agent asks again for what did not fit. */
const MAX_REPLY = 700_000;

interface RequestOptions {
  bus: Bus;
  store: Store;
  reflector: Pick<Reflector, 'cache'>;
  incarnations: Incarnations;
  limits: AgentLimits;
}

/**
 * Answers the requests of agents for the pods that they have to run. Answers come from Postgres and not from a cache,
 * so an agent that has just registered its nodes receives everything. Any replica can answer: the bus picks one. Agents
 * take turns, and one that asks too much gets no answer.
 */
export function serveAgentRequests({ bus, store, reflector, incarnations, limits }: RequestOptions): void {
  const turns = new RequestTurns({
    waitMs: (agent, now) => limits.requestWaitMs(agent, now),
    onDropped: (agent) => limits.onRequestDropped(agent),
  });
  const respond = (question: AgentRequest, answer: (agent: string, body: string) => Promise<string>): void =>
    bus.respond(subjects.allRequests(question), QUEUE, (subject, body) => answer(senderOf(subject), body), turns);
  respond('list-pods', async (agent, body) => JSON.stringify(await listPods(store, agent, body)));
  respond('fetch-pods', (agent, body) => fetchPods(store, agent, body));
  respond('find-missing', (agent, body) => findMissing(store, reflector, agent, body));
  respond('fetch-objects', (agent, body) => fetchObjects(store, reflector, agent, body));
  respond('take-incarnation', async (agent, body) => {
    const { process } = parseExchange('take-incarnation', 'request', body);
    const reply: TakeIncarnationReply = { incarnation: await incarnations.take(agent, process) };
    // An earlier process of the same name, if there is one, learns that it does not speak for the nodes any more.
    bus.send(subjects.receipt(agent, 'report-stored'), JSON.stringify({ ...reply, message: 0 } satisfies ReportStored));
    return JSON.stringify(reply);
  });
}

function senderOf(subject: string): string {
  const agent = agentOfSubject(subject);
  if (agent === undefined) throw new ContractError(`no agent in subject ${subject}`);
  return agent;
}

async function listPods(store: Store, agent: string, body: string): Promise<ListPodsReply> {
  const { after, limit } = parseExchange('list-pods', 'request', body);
  // Read first: the list is at least as new as this revision.
  const revision = await store.currentRevision();
  const pods = await store.listAssignedPods(agent, after ?? '', limit + 1);
  return {
    revision,
    more: pods.length > limit,
    pods: pods.slice(0, limit).map(({ namespace, name, uid, node, deleting, graceSeconds, sequence }) => ({
      namespace,
      name,
      uid,
      node,
      reported: sequence,
      ...(deleting && { graceSeconds: graceSeconds ?? 0 }),
    })),
  };
}

async function fetchPods(store: Store, agent: string, body: string): Promise<string> {
  const { uids } = parseExchange('fetch-pods', 'request', body);
  const revision = await store.currentRevision();
  const pods: string[] = [];
  let size = 0;
  for (const record of await store.getAssignedPods(agent, uids)) {
    const json = recordToJson(record, 'v1', 'Pod');
    size += json.length;
    if (pods.length > 0 && size > MAX_REPLY) break;
    pods.push(json);
  }
  return `{"revision":${revision satisfies FetchPodsReply['revision']},"pods":[${pods.join(',')}]}`;
}
