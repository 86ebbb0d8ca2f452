import { subjects } from '@everynode/contract';
import { agentFence } from './agent-fence.js';
import type { BusAuthority } from './bus-authority.js';
import { type Claims, encodeJwt } from './jwt.js';

const MiB = 1024 * 1024;
/** Each limit has to be named: what is missing counts as zero. */
const UNLIMITED = { subs: -1, data: -1, payload: -1, imports: -1, exports: -1, wildcards: true, conn: -1, leaf: 0 };
const JETSTREAM = { mem_storage: -1, disk_storage: -1, streams: -1, consumer: -1, max_ack_pending: -1 };

/**
 * What one agent may cost. A connection that has died in silence counts until the server has missed its answers to two
 * pings, so there is room for some of them.
 */
const AGENT_LIMITS = { ...UNLIMITED, conn: 16, subs: 32, payload: MiB, imports: 8, exports: 0 };

/** One answer to each message. */
const KINDS = { service: { type: 'service', response_type: 'Singleton' }, stream: { type: 'stream' } } as const;

function account(name: string, sub: string, nats: object): Claims {
  return { sub, name, nats: { type: 'account', version: 2, ...nats } };
}

/** The operator's own JWT, for the server's configuration. */
export function operatorJwt({ operator, system }: BusAuthority, now: number): string {
  const nats = { type: 'operator', version: 2, system_account: system.publicKey } as const;
  return encodeJwt({ sub: operator.publicKey, name: 'everynode', nats }, operator, now);
}

export function systemAccountJwt({ operator, system }: BusAuthority, now: number): string {
  return encodeJwt(account('SYSTEM', system.publicKey, { limits: UNLIMITED }), operator, now);
}

/** The account that has the streams, and offers each agent what is the agent's. */
export function servicesAccountJwt({ operator, services }: BusAuthority, now: number): string {
  const exports = crossing('*').map(({ subject, type }) => ({
    name: subject,
    subject,
    ...KINDS[type],
  }));
  const limits = { ...UNLIMITED, ...JETSTREAM };
  return encodeJwt(account('SERVICES', services.publicKey, { limits, exports }), operator, now);
}

/** What may change of the account of an agent. Times are in seconds since 1970. */
export interface AgentAccountState {
  /** Keys are no longer valid when they were signed up to that time; `*` stands for every key. */
  revocations: Record<string, number>;
  /** Until then the agent may not connect. What has set it takes it back, because the server does not look at it. */
  suspendedUntil?: number;
}

const SUSPENDED = 'suspended-until:';

/** The account of one agent: its imports are all that it shares with anything else. */
export function agentAccountJwt(
  { operator, services, agent: accountOf }: BusAuthority,
  agent: string,
  { revocations, suspendedUntil }: AgentAccountState,
  now: number,
): string {
  const imports = crossing(agent).map(({ subject, type }) => ({
    name: subject,
    subject,
    type,
    account: services.publicKey,
  }));
  const isSuspended = suspendedUntil !== undefined && suspendedUntil * 1000 > now;
  const nats = {
    limits: isSuspended ? { ...AGENT_LIMITS, conn: 0 } : AGENT_LIMITS,
    imports,
    ...(Object.keys(revocations).length > 0 && { revocations }),
    ...(isSuspended && { tags: [`${SUSPENDED}${suspendedUntil}`] }),
  };
  return encodeJwt(account(`agent ${agent}`, accountOf(agent).publicKey, nats), operator, now);
}

/** What an account that this module has made says of its state. */
export function agentAccountState({ nats }: Claims): AgentAccountState {
  const until = nats.tags?.find((tag) => tag.startsWith(SUSPENDED))?.slice(SUSPENDED.length);
  return { revocations: nats.revocations ?? {}, ...(until !== undefined && { suspendedUntil: Number(until) }) };
}

/** The agent of an account; undefined for an account of another kind. */
export const agentOfAccount = ({ name }: Claims): string | undefined => /^agent (.+)$/.exec(name)?.[1];

/** What crosses between the services and an agent (`*`: any). */
function crossing(agent: string): { subject: string; type: 'service' | 'stream' }[] {
  return [
    // With a reply that the server makes: an agent cannot choose where an answer goes.
    { subject: subjects.reportsOf(agent), type: 'service' },
    { subject: subjects.heartbeatsOf(agent), type: 'service' },
    { subject: subjects.requestsOf(agent), type: 'service' },
    { subject: subjects.tunnelUp(agent, '*'), type: 'service' },
    { subject: subjects.tunnelsDownTo(agent), type: 'stream' },
    { subject: subjects.commandsOf(agent), type: 'stream' },
    { subject: subjects.receiptsOf(agent), type: 'stream' },
  ];
}

/** How long a credential of an agent is good for, in ms. */
export const AGENT_LIFETIME_MS = 24 * 3600_000;
/** After this time it is issued again, in ms: a third of its life, so that one failure does no harm. */
export const AGENT_RENEWAL_MS = AGENT_LIFETIME_MS / 3;

/**
 * The JWT with which the owner of a user key is `agent`. It is no secret: the server asks for a signature of the key.
 * Times are in ms since 1970.
 */
export function agentUserJwt(
  { agent: accountOf }: BusAuthority,
  { agent, publicKey, now, expires }: { agent: string; publicKey: string; now: number; expires: number },
): string {
  const { publish, subscribe } = agentFence(agent);
  const { subs, payload } = AGENT_LIMITS;
  const nats = { pub: { allow: publish }, sub: { allow: subscribe }, subs, payload, data: -1 };
  return encodeJwt(user(`agent ${agent}`, publicKey, nats, expires), accountOf(agent), now);
}

/** The JWT of a service: it may do everything in the account of the services. */
export function serviceUserJwt({ services }: BusAuthority, name: string, publicKey: string, now: number): string {
  return encodeJwt(user(name, publicKey, { subs: -1, payload: -1, data: -1 }), services, now);
}

/** The JWT of a client that changes accounts. */
export function systemUserJwt({ system }: BusAuthority, publicKey: string, inbox: string, now: number): string {
  const publish = [
    '$SYS.REQ.CLAIMS.UPDATE',
    '$SYS.REQ.CLAIMS.LIST',
    '$SYS.REQ.ACCOUNT.*.CLAIMS.LOOKUP',
    '$SYS.REQ.ACCOUNT.PING.STATZ',
  ];
  const nats = { pub: { allow: publish }, sub: { allow: [`${inbox}.>`] }, subs: -1, payload: -1, data: -1 };
  return encodeJwt(user('accounts', publicKey, nats), system, now);
}

function user(name: string, sub: string, nats: object, expires?: number): Claims {
  const exp = expires === undefined ? {} : { exp: Math.floor(expires / 1000) };
  return { sub, name, ...exp, nats: { type: 'user', version: 2, ...nats } };
}
