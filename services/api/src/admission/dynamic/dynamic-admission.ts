import { ApiError, type KubeObject, type ResourceName } from '@everynode/objects';
import type { ApiContext } from '../../api-context.js';
import type { Notes } from '../notes.js';
import { checkPolicies } from '../policies/check-policies.js';
import { type MutableAttributes, PolicyMutations } from '../policies/mutate.js';
import { MUTATING_POLICIES, POLICIES } from '../policies/stored-policies.js';
import { type RelevantWebhook, resourceFor } from '../webhooks/ask-webhook.js';
import { configuredWebhooks, MUTATING, VALIDATING } from '../webhooks/configured-webhooks.js';
import { runMutating } from '../webhooks/run-mutating.js';
import { runValidating } from '../webhooks/run-validating.js';
import { type Attributes, isExempt } from './attributes.js';
import { variablesOf } from './conditions.js';
import type { AdmittedWrite, RequestAdmission } from './request-admission.js';
import { waitAmongOthers } from './waiting.js';

/**
 * Thrown where a decision needs an answer of webhooks that it does not have: a decision runs inside a transaction,
 * which must not wait for others. It is made again when the answer is there.
 */
class AnswerMissing extends Error {
  override readonly name = 'AnswerMissing';
  readonly retryable = true;

  constructor(
    readonly find: () => Promise<void>,
    /** Ids of the webhooks that are to be asked. */
    readonly hooks: readonly string[],
  ) {
    super('the answer of webhooks is not there yet');
  }
}

/** What the webhooks of one phase have answered for one version of an object. */
type Found = { changed?: KubeObject | undefined; refused?: undefined } | { refused: Error };

/** How often a write is decided again because its object changed while webhooks were asked. */
const TRIES = 12;

/** The webhooks and policies of one request. It exists only where the cluster has any of them. */
export class DynamicAdmission implements RequestAdmission {
  readonly #notes: Notes;
  readonly #context: ApiContext;
  readonly #dryRun: boolean;
  readonly #leaveSeat: () => void;
  readonly #found = new Map<string, Found>();
  /** Ends when the webhooks that are asked for the request now have answered. */
  #asking: Promise<void> = Promise.resolve();

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
        await this.#wait(error);
      }
    }
  }

  /** Changes the object as policies and webhooks say. Returns whether they did. @throws AnswerMissing, ApiError */
  mutate(write: AdmittedWrite): boolean {
    const { object, definition } = write;
    if (isExempt(definition)) return false;
    const policies = new PolicyMutations(this.#context, this.#dryRun);
    const attributes = this.#attributesOf(write);
    const first = policies.mutate(attributes);
    const mutated = first ? { ...attributes, object: first } : attributes;
    const byWebhooks = this.#answer('mutate', mutated, this.#variablesOf(mutated), policies);
    // Where webhooks have changed the object, they and the policies have met it again already.
    const changed = byWebhooks ?? (first && (policies.reinvoke(mutated) ?? first));
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
    const variables = this.#variablesOf(attributes);
    checkPolicies(this.#context, attributes, variables, this.#notes);
    this.#answer('validate', attributes, variables);
  }

  /** For what has no object of its resource that webhooks could change. @throws AnswerMissing, ApiError */
  check(attributes: Attributes): void {
    if (isExempt(attributes.definition)) return;
    const variables = this.#variablesOf(attributes);
    this.#answer('mutate', attributes, variables);
    checkPolicies(this.#context, attributes, variables, this.#notes);
    this.#answer('validate', attributes, variables);
  }

  /** As {@link check}, of webhooks alone. @throws AnswerMissing, ApiError */
  ask(attributes: Attributes): void {
    const variables = this.#variablesOf(attributes);
    this.#answer('mutate', attributes, variables);
    this.#answer('validate', attributes, variables);
  }

  #variablesOf(attributes: Attributes): Record<string, unknown> {
    return variablesOf(this.#context, attributes, this.#dryRun);
  }

  #attributesOf({ operation, definition, subresource = '', object, before }: AdmittedWrite): MutableAttributes {
    const { name = '', namespace = '' } = object.metadata;
    return { operation, definition, namespace, name, subresource, object, oldObject: before };
  }

  /** @param policies what webhooks change is met by them again. */
  #answer(
    phase: 'mutate' | 'validate',
    attributes: Attributes,
    variables: object,
    policies?: PolicyMutations,
  ): KubeObject | undefined {
    const { operation, definition, namespace, name, subresource, oldObject } = attributes;
    const version = oldObject?.metadata.resourceVersion ?? '';
    const key = [phase, operation, definition.storage, subresource, namespace, name, version].join(' ');
    const found = this.#found.get(key);
    if (found?.refused) throw found.refused;
    if (found) return found.changed;
    const hooks = configuredWebhooks(this.#context, phase === 'mutate' ? MUTATING : VALIDATING);
    const relevant = hooks.flatMap((hook): RelevantWebhook[] => {
      const sentAs = resourceFor(this.#context, hook, attributes, variables);
      return sentAs ? [{ hook, sentAs }] : [];
    });
    // Nothing has to wait where no webhook is for the write as it is.
    if (relevant.length === 0) return undefined;
    const copy = { ...attributes, object: structuredClone(attributes.object) };
    const how = { dryRun: this.#dryRun, notes: this.#notes };
    const find = async () => {
      try {
        const changed =
          phase === 'mutate'
            ? await runMutating(this.#context, hooks, copy, how, (object) =>
                policies?.reinvoke({ ...(copy as MutableAttributes), object }),
              )
            : await runValidating(this.#context, relevant, copy, how);
        this.#found.set(key, { changed: changed ?? undefined });
      } catch (error) {
        if (!(error instanceof ApiError)) throw error;
        this.#found.set(key, { refused: error });
      }
    };
    throw new AnswerMissing(
      find,
      relevant.map(({ hook }) => hook.id),
    );
  }

  /** A request that deletes many objects asks about one after the other, so that it counts as one. */
  async #wait({ find, hooks }: AnswerMissing): Promise<void> {
    this.#leaveSeat();
    const before = this.#asking;
    const asked = before.then(() => waitAmongOthers(hooks, find));
    // A failure is that of its own object alone.
    this.#asking = asked.catch(() => undefined);
    await asked;
  }
}

/** True where the cluster has a webhook or a policy. */
export const hasDynamicAdmission = ({ reflector }: ApiContext): boolean =>
  [MUTATING, VALIDATING, POLICIES, MUTATING_POLICIES].some((name) => reflector.cache(name as ResourceName).size > 0);
