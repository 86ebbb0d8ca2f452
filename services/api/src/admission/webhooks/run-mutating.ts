import { ApiError, decodeObject, type KubeObject, lookupType, semanticallyEqual } from '@everynode/objects';
import { applyPatch } from '@everynode/patch';
import type { ApiContext } from '../../api-context.js';
import type { AdmittedResource, Attributes } from '../dynamic/attributes.js';
import { variablesOf } from '../dynamic/conditions.js';
import type { Notes } from '../notes.js';
import { askWebhook, isIgnored, requireAllowed, resourceFor } from './ask-webhook.js';
import type { ConfiguredWebhook } from './configured-webhooks.js';
import { CallError, failedCall } from './webhook-error.js';

const ANNOTATION = 'mutation.webhook.admission.k8s.io/';

/**
 * Asks webhooks one after the other, each with what the ones before it have made of the object. A webhook with
 * `IfNeeded` is asked a second time when one after it has changed the object. Returns the object as it is then;
 * undefined where nothing has changed it. Source: apiserver plugin/webhook/mutating/dispatcher.go.
 * @param reinvoke changes the object by what runs before webhooks and is to run again; undefined where it does not.
 * @throws ApiError
 */
export async function runMutating(
  context: ApiContext,
  hooks: readonly ConfiguredWebhook[],
  attributes: Attributes,
  { dryRun, notes }: { dryRun: boolean; notes: Notes },
  reinvoke: (object: KubeObject) => KubeObject | undefined,
): Promise<KubeObject | undefined> {
  let current = attributes;
  let variables = variablesOf(context, current, dryRun);
  let again = new Set<string>();
  const reinvocable = new Set<string>();
  for (const round of [0, 1]) {
    const due = again;
    for (const [at, hook] of hooks.entries()) {
      if (round === 1 && !due.has(hook.id)) continue;
      const sentAs = resourceFor(context, hook, current, variables);
      if (!sentAs) continue;
      const changed = await mutateBy(context, hook, current, {
        sentAs,
        dryRun,
        notes,
        place: `round_${round}_index_${at}`,
      });
      if (changed) {
        again = new Set([...again, ...reinvocable]);
        current = { ...current, object: changed };
        variables = variablesOf(context, current, dryRun);
      }
      if (hook.webhook.reinvocationPolicy === 'IfNeeded') reinvocable.add(hook.id);
    }
    const { object } = current;
    if (round === 1 || current === attributes || !object) break;
    const reinvoked = reinvoke(object);
    if (reinvoked) {
      again = new Set([...again, ...reinvocable]);
      current = { ...current, object: reinvoked };
      variables = variablesOf(context, current, dryRun);
    }
    if (again.size === 0) break;
  }
  return current === attributes ? undefined : current.object;
}

/** Returns the changed object; undefined where the webhook leaves it as it is. */
async function mutateBy(
  context: ApiContext,
  hook: ConfiguredWebhook,
  attributes: Attributes,
  how: { sentAs: AdmittedResource; dryRun: boolean; notes: Notes; place: string },
): Promise<KubeObject | undefined> {
  const { notes, place, sentAs, dryRun } = how;
  const { name } = hook.webhook;
  const note = (mutated: boolean) => {
    const text = JSON.stringify({ configuration: hook.configuration, webhook: name, mutated });
    notes.annotate(`${ANNOTATION}${place}`, text);
  };
  try {
    const answer = await askWebhook({ context, attributes, hook, sentAs, dryRun, mutating: true });
    notes.take(name, answer);
    requireAllowed(hook, answer);
    const patched = answer.patch === undefined ? undefined : patchedBy(hook, answer.patch, attributes);
    note(patched !== undefined);
    return patched;
  } catch (error) {
    note(false);
    if (isIgnored(hook, error)) {
      notes.annotate(`failed-open.${ANNOTATION}${place}`, name);
      context.log.warn({ err: error, webhook: name }, 'a webhook failed, and the request goes on without it');
      return undefined;
    }
    throw error instanceof CallError ? failedCall(name, error) : error;
  }
}

function patchedBy(
  { webhook }: ConfiguredWebhook,
  text: string,
  { object, definition, kind }: Attributes,
): KubeObject | undefined {
  let operations: unknown;
  try {
    operations = JSON.parse(text);
  } catch (cause) {
    const detail = cause instanceof Error ? cause.message : String(cause);
    throw new CallError(`received undecodable patch in webhook response: ${detail}`, { cause });
  }
  if (Array.isArray(operations) && operations.length === 0) return undefined;
  if (!object) {
    const who = `admission webhook ${JSON.stringify(webhook.name)}`;
    throw internal(`${who} attempted to modify the object, which is not supported for this operation`);
  }
  try {
    const patched = applyPatch('application/json-patch+json', object, operations, {
      typeName: definition.schema,
      lookupType,
    });
    // What is posted to a subresource is no object of the resource.
    if (kind) return semanticallyEqual(patched, object) ? undefined : (patched as KubeObject);
    const decoded = decodeObject({ value: patched }, definition).object;
    definition.setDefaults?.(decoded);
    return semanticallyEqual(decoded, object) ? undefined : decoded;
  } catch (cause) {
    if (cause instanceof Error) throw internal(cause.message, cause);
    throw cause;
  }
}

const internal = (message: string, cause?: Error): ApiError =>
  new ApiError('InternalError', `Internal error occurred: ${message}`, { causes: [{ message }] }, { cause });
