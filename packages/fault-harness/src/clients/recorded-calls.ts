import type { Action, Operation, Outcome } from '@everynode/history-checker';
import { now } from '../record/clock.js';
import { ITEM_DOMAIN, valueFrom } from '../record/facts.js';
import type { Recorder } from '../record/recorder.js';
import type { Answer, KubeClient, NoAnswer } from './kube-client.js';

export const NAMESPACE = 'faults';
const PATH = `/api/v1/namespaces/${NAMESPACE}/configmaps`;
const JSON_PATCH = 'application/json-patch+json';

interface ConfigMap {
  metadata?: { resourceVersion?: string; finalizers?: string[] };
  data?: Record<string, string>;
}

type Result = Pick<Operation, 'outcome' | 'revision' | 'value' | 'status' | 'retryAfter' | 'error' | 'reused'>;

export type ObjectAction = Exclude<Action, { do: 'edit' }>;

/** Numbers the operations of a run. */
let operations = 0;
export const nextOperation = (): number => {
  operations += 1;
  return operations;
};

/** Carries out operations on ConfigMaps, and records each with its times and its outcome. */
export class RecordedCalls {
  readonly #client: KubeClient;
  readonly #recorder: Recorder;
  readonly #name: string;
  readonly #patienceMs: number;

  constructor(name: string, client: KubeClient, recorder: Recorder, patienceMs: number) {
    this.#name = name;
    this.#client = client;
    this.#recorder = recorder;
    this.#patienceMs = patienceMs;
  }

  async perform(object: string, action: ObjectAction, id = nextOperation()): Promise<Operation> {
    const began = now();
    const answer = await this.#send(object, action);
    const key = `configmaps ${NAMESPACE}/${object}`;
    const ended = now();
    const operation: Operation = { id, client: this.#name, key, action, began, ended, ...outcomeOf(answer, action) };
    this.#recorder.add({ entry: 'operation', ...operation });
    return operation;
  }

  /** Sends half of a creation and hangs up: it must never be done. */
  async hangUp(object: string): Promise<void> {
    const id = nextOperation();
    const value = String(id);
    const began = now();
    await this.#client.hangUp('POST', PATH, { metadata: { name: object }, data: { value } });
    const key = `configmaps ${NAMESPACE}/${object}`;
    const action: Action = { do: 'create', value };
    const result: Result = { outcome: 'refused', error: 'gave up' };
    this.#recorder.add({ entry: 'operation', id, client: this.#name, key, action, began, ended: now(), ...result });
  }

  #send(name: string, action: ObjectAction): Promise<Answer | NoAnswer> {
    const patienceMs = this.#patienceMs;
    const path = `${PATH}/${name}`;
    switch (action.do) {
      case 'read':
        return this.#client.call({ method: 'GET', path, patienceMs });
      case 'create': {
        const [value = '', ...items] = action.value.split(',');
        const finalizers = items.map((item) => `${ITEM_DOMAIN}${item}`);
        const body = { metadata: { name, finalizers }, data: { value } };
        return this.#client.call({ method: 'POST', path: PATH, body, patienceMs });
      }
      case 'put': {
        const metadata = { name, ...(action.expects !== undefined && { resourceVersion: String(action.expects) }) };
        return this.#client.call({
          method: 'PUT',
          path,
          body: { metadata, data: { value: action.value } },
          patienceMs,
        });
      }
      case 'append': {
        const body = [{ op: 'add', path: '/metadata/finalizers/-', value: `${ITEM_DOMAIN}${action.value}` }];
        return this.#client.call({ method: 'PATCH', path, body, contentType: JSON_PATCH, patienceMs });
      }
      case 'delete': {
        const preconditions = action.expects !== undefined && {
          preconditions: { resourceVersion: String(action.expects) },
        };
        return this.#client.call({
          method: 'DELETE',
          path,
          body: { apiVersion: 'v1', kind: 'DeleteOptions', ...preconditions },
          patienceMs,
        });
      }
    }
  }
}

/** What an answer to an action, or none, says of it. */
export function outcomeOf(answer: Answer | NoAnswer, action: Action): Result {
  return 'noAnswer' in answer ? withoutAnswer(answer) : resultOf(answer, action);
}

function withoutAnswer({ noAnswer, reused }: NoAnswer): Result {
  return { outcome: noAnswer === 'ECONNREFUSED' ? 'refused' : 'unknown', error: noAnswer, reused };
}

const DECIDED: Partial<Record<string, Outcome>> = { AlreadyExists: 'exists', Conflict: 'conflict', NotFound: 'absent' };

function resultOf({ status, retryAfter, body, reused }: Answer, action: Action): Result {
  const answer = { status, reused, ...(retryAfter && { retryAfter }) };
  if (status < 300) {
    if (action.do === 'delete') return { outcome: 'ok', ...answer };
    const { metadata, data } = body as ConfigMap;
    const value = valueFrom(data, metadata?.finalizers) ?? '';
    return { outcome: 'ok', ...answer, revision: Number(metadata?.resourceVersion), value };
  }
  const { reason = '', message = '' } = (body ?? {}) as { reason?: string; message?: string };
  const decided = DECIDED[reason];
  if (decided === 'absent' && action.do === 'read') return { outcome: 'ok', ...answer };
  if (decided) return { outcome: decided, ...answer };
  const refused = status === 429 || (status === 503 && retryAfter);
  return { outcome: refused ? 'refused' : 'unknown', ...answer, ...(refused ? {} : { error: message.slice(0, 200) }) };
}
