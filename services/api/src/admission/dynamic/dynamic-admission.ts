import { ApiError, type KubeObject } from '@everynode/objects';
import type { ApiContext } from '../../api-context.js';
import type { Notes } from '../notes.js';
import { checkPolicies } from '../policies/check-policies.js';
import { POLICIES } from '../policies/stored-policies.js';
import { resourceFor } from '../webhooks/ask-webhook.js';
import { configuredWebhooks, MUTATING, VALIDATING } from '../webhooks/configured-webhooks.js';
import { runMutating } from '../webhooks/run-mutating.js';
import { runValidating } from '../webhooks/run-validating.js';
import { type Attributes, isExempt } from './attributes.js';
import type { AdmittedWrite, RequestAdmission } from './request-admission.js';

/**
 * Thrown where a decision needs an answer of webhooks that it does not have: a decision runs inside a transaction,
 * which must not wait for others. It is made again when the answer is there.
 */
class AnswerMissing extends Error {
  override readonly name = 'AnswerMissing';
  readonly retryable = true;

  constructor(readonly find: () => Promise<void>) {
    super('the answer of webhooks is not there yet');
  }
}

/** What the webhooks of one phase have answered for one version of an object. */
type Found = { changed?: KubeObject | undefined; refused?: undefined } | { refused: Error };

/** How often a write is decided again because its object changed while webhooks were asked. */
const TRIES = 12;

/** Requests that may wait for webhooks at once. They hold no seat meanwhile, so that they hold up nothing else. */
const MAX_WAITING = 400;
let waiting = 0;

/** The webhooks and policies of one request. It exists only where the cluster has any of them. */
export class DynamicAdmission implements RequestAdmission {
  readonly #notes: Notes;
  readonly #context: ApiContext;
  readonly #dryRun: boolean;
  readonly #leaveSeat: () => void;
  readonly #found = new Map<string, Found>();

  constructor(context: ApiContext, { dryRun, notes }: { dryRun: boolean; notes: Notes }, leaveSeat: () => void) {
    this.#context = context;
    this.#dryRun = dryRun;
    this.#notes = notes;
    this.#leaveSeat = leaveSeat;
  }

  /** Makes a decision, and makes it again as often as webhooks have to be asked first. @throws ApiError */
  async settle<T>(decide: () => Promise<T>): Promise<T> {
    for (let tries = 1; ; tries += 1) {
      try {
        return await decide();
      } catch (error) {
        if (!(error instanceof AnswerMissing)) throw error;
        if (tries >= TRIES) {
          throw new ApiError('Conflict', 'the object changes faster than its admission webhooks answer');
        }
        await this.#wait(error.find);
      }
    }
  }

  /** Asks webhooks before what is decided outside of a transaction. @throws ApiError */
  async admitted(attributes: Attributes): Promise<void> {
    await this.settle(async () => this.check(attributes));
  }

  /** Changes the object as webhooks say. Returns whether they did. @throws AnswerMissing, ApiError */
  mutate(write: AdmittedWrite): boolean {
    const { object, definition } = write;
    if (isExempt(definition)) return false;
    const changed = this.#answer('mutate', this.#attributesOf(write), MUTATING);
    if (!changed) return false;
    const { managedFields } = object.metadata;
    for (const key of Object.keys(object)) delete object[key];
    Object.assign(object, structuredClone(changed));
    if (managedFields === undefined) delete object.metadata.managedFields;
    else object.metadata.managedFields = managedFields;
    return true;
  }

  /** @throws AnswerMissing, ApiError */
  validate(write: AdmittedWrite): void {
    if (isExempt(write.definition)) return;
    const attributes = this.#attributesOf(write);
    checkPolicies(this.#context, attributes, this.#dryRun, this.#notes);
    this.#answer('validate', attributes, VALIDATING);
  }

  /** For what has no object that webhooks could change: deletions. @throws AnswerMissing, ApiError */
  check(attributes: Attributes): void {
    if (isExempt(attributes.definition)) return;
    this.#answer('mutate', attributes, MUTATING);
    checkPolicies(this.#context, attributes, this.#dryRun, this.#notes);
    this.#answer('validate', attributes, VALIDATING);
  }

  #attributesOf({ operation, definition, subresource = '', object, before }: AdmittedWrite): Attributes {
    const { name = '', namespace = '' } = object.metadata;
    return { operation, definition, namespace, name, subresource, object, oldObject: before };
  }

  #answer(
    phase: 'mutate' | 'validate',
    attributes: Attributes,
    resource: typeof MUTATING | typeof VALIDATING,
  ): KubeObject | undefined {
    const { operation, definition, namespace, name, subresource, oldObject } = attributes;
    const version = oldObject?.metadata.resourceVersion ?? '';
    const key = [phase, operation, definition.storage, subresource, namespace, name, version].join(' ');
    const found = this.#found.get(key);
    if (found?.refused) throw found.refused;
    if (found) return found.changed;
    const hooks = configuredWebhooks(this.#context, resource);
    // Nothing has to wait where no webhook is for the write as it is.
    if (!hooks.some((hook) => resourceFor(this.#context, hook, attributes, this.#dryRun))) return undefined;
    const copy = { ...attributes, object: structuredClone(attributes.object) };
    const how = { dryRun: this.#dryRun, notes: this.#notes };
    throw new AnswerMissing(async () => {
      try {
        const changed =
          phase === 'mutate'
            ? await runMutating(this.#context, hooks, copy, how)
            : await runValidating(this.#context, hooks, copy, how);
        this.#found.set(key, { changed: changed ?? undefined });
      } catch (error) {
        if (!(error instanceof ApiError)) throw error;
        this.#found.set(key, { refused: error });
      }
    });
  }

  async #wait(find: () => Promise<void>): Promise<void> {
    if (waiting >= MAX_WAITING) {
      throw new ApiError('TooManyRequests', 'too many requests wait for admission webhooks, please try again later', {
        retryAfterSeconds: 1,
      });
    }
    waiting += 1;
    this.#leaveSeat();
    try {
      await find();
    } finally {
      waiting -= 1;
    }
  }
}

/** True where the cluster has a webhook or a policy. */
export const hasDynamicAdmission = ({ reflector }: ApiContext): boolean =>
  reflector.cache(MUTATING).size > 0 || reflector.cache(VALIDATING).size > 0 || reflector.cache(POLICIES).size > 0;
