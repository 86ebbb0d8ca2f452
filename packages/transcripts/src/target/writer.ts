import { type Exchange, isObject } from '../exchange.js';

/**
 * The manager that wrote the answered object last, from its managedFields. It is the beginning of the user agent of a
 * client whose headers were not recorded. Undefined for reads, and where no manager is named.
 */
export function writerOf({ request, answer }: Exchange): string | undefined {
  const body = answer?.body;
  if (request.method === 'GET' || body?.kind !== 'value' || !isObject(body.value)) return undefined;
  const { metadata } = body.value;
  if (!isObject(metadata) || !Array.isArray(metadata.managedFields)) return undefined;
  const updates = metadata.managedFields.filter(isObject).filter(({ operation }) => operation === 'Update');
  const [last] = updates.sort((a, b) => String(b.time).localeCompare(String(a.time)));
  return typeof last?.manager === 'string' ? last.manager : undefined;
}
