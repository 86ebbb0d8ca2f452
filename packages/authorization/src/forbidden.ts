import { ApiError } from '@everynode/objects';
import type { Attributes } from './attributes.js';
import { quoted } from './go-quote.js';

const ESCAPED: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;' };

/** Browsers show such answers, and the client chose these texts. */
const sanitized = (text: string): string => text.replace(/[&<>]/g, (char) => ESCAPED[char] ?? char);

/** What was refused. Source: apiserver/pkg/endpoints/handlers/responsewriters/errors.go, forbiddenMessage. */
function refusal(attributes: Attributes): string {
  const { user, verb } = attributes;
  const subject = `User ${quoted(user.user)} cannot ${verb}`;
  if (attributes.kind === 'path') return `${subject} path ${quoted(attributes.path)}`;
  const { resource, subresource, group, namespace } = attributes;
  const what = quoted(subresource ? `${resource}/${subresource}` : resource);
  const where = namespace ? `in the namespace ${quoted(namespace)}` : 'at the cluster scope';
  return `${subject} resource ${what} in API group ${quoted(group)} ${where}`;
}

/** The answer to a request that is not allowed. `reason` is what the authorizers had to say; empty for nothing. */
export function forbidden(attributes: Attributes, reason: string): ApiError {
  const why = `${sanitized(refusal(attributes))}${reason ? `: ${reason}` : ''}`;
  if (attributes.kind === 'path') return new ApiError('Forbidden', `forbidden: ${why}`, {});
  const { group, resource, name } = attributes;
  const subject = `${group ? `${resource}.${group}` : resource}${name ? ` ${quoted(name)}` : ''}`;
  return new ApiError('Forbidden', `${subject} is forbidden: ${why}`, {
    ...(name && { name }),
    ...(group && { group }),
    kind: resource,
  });
}
