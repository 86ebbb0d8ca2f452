import { Ajv, type ValidateFunction } from 'ajv';
import {
  type EventBody,
  type EventName,
  eventSchemas,
  FetchObjectsReply,
  FetchObjectsRequest,
  FetchPodsReply,
  FetchPodsRequest,
  FindMissingReply,
  FindMissingRequest,
  IssueTokenReply,
  IssueTokenRequest,
  ListPodsReply,
  ListPodsRequest,
  NodeRegistration,
  PodStatusItem,
  RequestFailed,
  TakeIncarnationReply,
  TakeIncarnationRequest,
} from './events.js';
import type { AgentReport } from './subjects.js';
import { NodeUsage } from './usage.js';

/** A message that violates the contract. It is dropped and counted; the same message would fail again. */
export class ContractError extends Error {
  override readonly name = 'ContractError';
  readonly retryable = false;
}

/** Our own schemas need no check against the meta schema, which every start would pay for. */
const ajv = new Ajv({ allErrors: false, strict: false, meta: false, validateSchema: false });

const compiled = new Map<string, ValidateFunction>();

function validatorOf(name: string, schema: object): ValidateFunction {
  let validate = compiled.get(name);
  if (!validate) {
    validate = ajv.compile(schema);
    compiled.set(name, validate);
  }
  return validate;
}

function violation(name: string, schema: object, value: unknown): ContractError | undefined {
  const validate = validatorOf(name, schema);
  if (validate(value)) return undefined;
  const first = validate.errors?.[0];
  return new ContractError(`${name}: ${first?.instancePath || 'body'} ${first?.message ?? 'is not valid'}`);
}

function check<T>(name: string, schema: object, value: unknown): T {
  const error = violation(name, schema, value);
  if (error) throw error;
  return value as T;
}

function parse(name: string, body: string): unknown {
  try {
    return JSON.parse(body);
  } catch (cause) {
    throw new ContractError(`${name}: body is not JSON`, { cause });
  }
}

/** Parses and checks the body of an event. @throws ContractError */
export function parseEvent<N extends EventName>(name: N, body: string): EventBody<N> {
  return check<EventBody<N>>(name, eventSchemas[name], parse(name, body));
}

/** Parses and checks a line of a tunnel that carries usage. @throws ContractError */
export const parseNodeUsage = (line: string): NodeUsage =>
  check<NodeUsage>('node usage', NodeUsage, parse('node usage', line));

/** Where a report has its items, and what one of them is. */
const reportItems = {
  'node-registered': { list: 'nodes', item: NodeRegistration },
  'pod-status': { list: 'pods', item: PodStatusItem },
} as const;

/** A report without the items that violate the contract, and what is wrong with each of those. */
interface ParsedReport<N extends AgentReport> {
  report: EventBody<N>;
  refused: ContractError[];
}

/**
 * Parses a report and checks it item by item: one that violates the contract is left out, and the others count.
 * @throws ContractError when the report as a whole violates it.
 */
export function parseReport<N extends AgentReport>(name: N, body: string): ParsedReport<N> {
  const { list, item } = reportItems[name];
  const report = parse(name, body);
  const { properties } = eventSchemas[name] as unknown as { properties: Record<string, { maxItems?: number }> };
  const { maxItems } = properties[list] ?? {};
  const head = { ...eventSchemas[name], properties: { ...properties, [list]: { type: 'array', maxItems } } };
  const { [list]: items, ...rest } = check<Record<string, unknown[]>>(`${name} head`, head, report);
  const refused: ContractError[] = [];
  const kept = items?.filter((one) => {
    const error = violation(`${name} item`, item, one);
    if (error) refused.push(error);
    return !error;
  });
  return { report: { ...rest, [list]: kept } as unknown as EventBody<N>, refused };
}

/**
 * The reason in the reply to a request that could not be answered; undefined for every other reply. Only the first
 * member is looked at, so that a page of pods is not parsed twice.
 */
export function failureIn(reply: string): string | undefined {
  if (!/^\s*\{\s*"error"\s*:/.test(reply)) return undefined;
  return check<RequestFailed>('failed request', RequestFailed, parse('failed request', reply)).error;
}

/** The questions of an agent, with the schemas of question and answer. */
export const exchanges = {
  'list-pods': { request: ListPodsRequest, reply: ListPodsReply },
  'fetch-pods': { request: FetchPodsRequest, reply: FetchPodsReply },
  'find-missing': { request: FindMissingRequest, reply: FindMissingReply },
  'fetch-objects': { request: FetchObjectsRequest, reply: FetchObjectsReply },
  'issue-token': { request: IssueTokenRequest, reply: IssueTokenReply },
  'take-incarnation': { request: TakeIncarnationRequest, reply: TakeIncarnationReply },
} as const;

export interface ExchangeTypes {
  'list-pods': { request: ListPodsRequest; reply: ListPodsReply };
  'fetch-pods': { request: FetchPodsRequest; reply: FetchPodsReply };
  'find-missing': { request: FindMissingRequest; reply: FindMissingReply };
  'fetch-objects': { request: FetchObjectsRequest; reply: FetchObjectsReply };
  'issue-token': { request: IssueTokenRequest; reply: IssueTokenReply };
  'take-incarnation': { request: TakeIncarnationRequest; reply: TakeIncarnationReply };
}

/** Parses and checks one side of an exchange. @throws ContractError */
export function parseExchange<Q extends keyof ExchangeTypes, S extends 'request' | 'reply'>(
  question: Q,
  side: S,
  body: string,
): ExchangeTypes[Q][S] {
  return check(`${question} ${side}`, exchanges[question][side], parse(question, body));
}
