import { ApiError, notFound, type ResourceDefinition, type Verb } from '@everynode/objects';
import type { ApiContext } from '../api-context.js';
import type { ResourcePath } from '../http/resource-path.js';
import { subjectOf } from '../write/target.js';

/** They make no object that is not there. */
const NEED_OBJECT: readonly Verb[] = ['get', 'update', 'delete'];
/** How long upstream waits for a webhook. */
const CONVERSION_SECONDS = 30;

/**
 * Objects are not served in a version that only a webhook could show them in. What is not there needs no conversion.
 * Source: apiextensions-apiserver, webhook_converter.go. @throws ApiError InternalError, NotFound
 */
export function requireConversion(
  { reflector }: ApiContext,
  { definition, namespace, name }: ResourcePath,
  verb: Verb,
): void {
  const { conversionWebhook: webhook, group, version, kind, storageVersion, storage } = definition;
  if (!webhook) return;
  const cache = reflector.cache(storage);
  if (name !== undefined && NEED_OBJECT.includes(verb) && !cache.get(namespace, name)) {
    throw notFound(subjectOf({ definition, namespace, name }));
  }
  if (verb === 'list' && isEmpty(cache.list(namespace || undefined))) return;
  // What a client sends is converted from its version, what is stored from the other one.
  const from = verb === 'create' ? version : (storageVersion ?? version);
  const asked = JSON.stringify(`${webhook.url}?timeout=${CONVERSION_SECONDS}s`);
  throw new ApiError(
    'InternalError',
    `conversion webhook for ${group}/${from}, Kind=${kind} failed: Post ${asked}: ${whyNot(reflector, webhook)}`,
  );
}

/** True where there is nothing; no more than one of it is read. */
function isEmpty(values: Iterable<unknown>): boolean {
  for (const _ of values) return false;
  return true;
}

/** Upstream says the same of a service whose pods do not answer, as no simulated pod does. */
function whyNot(
  reflector: ApiContext['reflector'],
  { service }: NonNullable<ResourceDefinition['conversionWebhook']>,
): string {
  if (!service) return 'webhooks are not asked to convert';
  const { namespace, name } = service;
  const quoted = JSON.stringify(name);
  return reflector.cache('services').get(namespace, name)
    ? `no endpoints available for service ${quoted}`
    : `service ${quoted} not found`;
}
