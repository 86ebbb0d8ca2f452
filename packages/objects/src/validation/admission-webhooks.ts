import type { FieldError } from '../field-error.js';
import type { MutatingWebhook, ServiceReference, ValidatingWebhook, WebhookClientConfig } from '../kinds/api-types.js';
import {
  FAILURE_POLICIES,
  validateMatchConditions,
  validateMatchPolicy,
  validateRuleWithOperations,
} from './admission-rules.js';
import { duplicate, invalidFor, invalidValue, notSupported, required } from './field-errors.js';
import { validateLabelSelector } from './label-selector.js';
import { dns1035LabelMessages, dnsSubdomainMessages } from './names.js';

const REVIEW_VERSIONS = ['v1', 'v1beta1'];
const SIDE_EFFECTS = ['None', 'NoneOnDryRun'];
const REINVOCATION_POLICIES = ['IfNeeded', 'Never'];
const URL_FORM = '; desired format: https://host[/path]';

/** Source: pkg/apis/admissionregistration/validation, ValidateMutatingWebhookConfiguration and its sibling. */
export function validateWebhooks(webhooks: readonly (ValidatingWebhook | MutatingWebhook)[] = []): FieldError[] {
  return webhooks.flatMap((webhook, at) => {
    const field = `webhooks[${at}]`;
    const seen = webhook.name !== '' && webhooks.findIndex(({ name }) => name === webhook.name) < at;
    return [
      ...validateWebhook(webhook, field),
      ...validateReviewVersions(webhook.admissionReviewVersions ?? [], `${field}.admissionReviewVersions`),
      ...(seen ? [duplicate(`${field}.name`, webhook.name)] : []),
    ];
  });
}

function validateWebhook(webhook: ValidatingWebhook | MutatingWebhook, field: string): FieldError[] {
  const { failurePolicy, sideEffects, timeoutSeconds } = webhook;
  const reinvocation = 'reinvocationPolicy' in webhook ? webhook.reinvocationPolicy : undefined;
  const supported = (member: string, value: string | undefined, values: readonly string[]): FieldError[] =>
    value === undefined || values.includes(value) ? [] : [notSupported(`${field}.${member}`, value, values)];
  const timeoutIsBad = timeoutSeconds !== undefined && (timeoutSeconds > 30 || timeoutSeconds < 1);
  return [
    ...validateQualified(webhook.name, `${field}.name`),
    ...(webhook.rules ?? []).flatMap((rule, at) => validateRuleWithOperations(rule, `${field}.rules[${at}]`)),
    ...supported('failurePolicy', failurePolicy, FAILURE_POLICIES),
    ...validateMatchPolicy(webhook.matchPolicy, `${field}.matchPolicy`),
    ...(sideEffects === undefined
      ? [required(`${field}.sideEffects`, `must specify one of ${SIDE_EFFECTS.join(', ')}`)]
      : supported('sideEffects', sideEffects, SIDE_EFFECTS)),
    ...(timeoutIsBad
      ? [invalidValue(`${field}.timeoutSeconds`, timeoutSeconds, 'the timeout value must be between 1 and 30 seconds')]
      : []),
    ...validateLabelSelector(webhook.namespaceSelector, `${field}.namespaceSelector`),
    ...validateLabelSelector(webhook.objectSelector, `${field}.objectSelector`),
    ...supported('reinvocationPolicy', reinvocation, REINVOCATION_POLICIES),
    ...validateClientConfig(webhook.clientConfig, `${field}.clientConfig`),
    ...validateMatchConditions(webhook.matchConditions, `${field}.matchConditions`),
  ];
}

/** apimachinery util/validation, IsFullyQualifiedName. */
function validateQualified(name: string, field: string): FieldError[] {
  if (name === '') return [required(field)];
  const messages = dnsSubdomainMessages(name);
  if (messages.length > 0) return [invalidValue(field, name, messages.join(','))];
  if (name.split('.').length >= 3) return [];
  return [invalidValue(field, name, 'should be a domain with at least three segments separated by dots')];
}

/** apiserver pkg/util/webhook/validation.go. */
export function validateClientConfig({ url, service }: WebhookClientConfig, field: string): FieldError[] {
  if ((url === undefined) === (service === undefined)) {
    return [required(field, 'exactly one of url or service is required')];
  }
  if (url !== undefined) return validateUrl(url, `${field}.url`);
  return service ? validateService(service, `${field}.service`) : [];
}

function validateUrl(text: string, field: string): FieldError[] {
  // Go's parser takes what has no host or scheme as well, so that these faults have words of their own.
  const parts = /^(?:([a-z][a-z0-9+.-]*):)?(?:\/\/([^/?#]*))?([^?#]*)(?:\?([^#]*))?(?:#(.*))?$/i.exec(text);
  const [, scheme = '', authority = '', path = '', query = '', fragment = ''] = parts ?? [];
  const at = authority.lastIndexOf('@');
  const host = authority.slice(at + 1);
  if (/%(?![0-9a-f]{2})|[\0- \x7f]/i.test(path + host)) {
    const detail = `url must be a valid URL: parse ${JSON.stringify(text)}: invalid URL escape or character${URL_FORM}`;
    return [required(field, detail)];
  }
  const errors: FieldError[] = [];
  if (scheme.toLowerCase() !== 'https') {
    errors.push(invalidValue(field, scheme.toLowerCase(), `'https' is the only allowed URL scheme${URL_FORM}`));
  }
  if (host === '') errors.push(invalidValue(field, '', `host must be specified${URL_FORM}`));
  if (at >= 0) {
    errors.push(invalidValue(field, authority.slice(0, at), 'user information is not permitted in the URL'));
  }
  if (fragment !== '') errors.push(invalidValue(field, fragment, 'fragments are not permitted in the URL'));
  if (query !== '') errors.push(invalidValue(field, query, 'query parameters are not permitted in the URL'));
  return errors;
}

function validateService({ name, namespace, path, port = 0 }: ServiceReference, field: string): FieldError[] {
  const errors: FieldError[] = [];
  // Upstream passes the two in the wrong order, so that each error names the field of the other.
  if (namespace === '') errors.push(required(`${field}.name`));
  if (name === '') errors.push(required(`${field}.namespace`));
  if (port < 1 || port > 65535) {
    errors.push(invalidValue(`${field}.port`, port, 'port is not valid: must be between 1 and 65535, inclusive'));
  }
  if (path === undefined || path === '' || path === '/') return errors;
  const refuse = (detail: string): FieldError => invalidValue(`${field}.path`, path, detail);
  if (path === '//') return [...errors, refuse('segment[0] may not be empty')];
  if (!path.startsWith('/')) errors.push(refuse("must start with a '/'"));
  const steps = path.slice(1).replace(/\/$/, '').split('/');
  for (const [at, step] of steps.entries()) {
    if (step === '') errors.push(refuse(`segment[${at}] may not be empty`));
    else errors.push(...dnsSubdomainMessages(step).map((message) => refuse(`segment[${at}]: ${message}`)));
  }
  return errors;
}

export function validateReviewVersions(versions: readonly string[], field: string): FieldError[] {
  const accepted = REVIEW_VERSIONS.join(', ');
  if (versions.length === 0) return [required(field, `must specify one of ${accepted}`)];
  const errors = versions.flatMap((version, at) => {
    const path = `${field}[${at}]`;
    if (versions.indexOf(version) < at) return [invalidValue(path, version, 'duplicate version')];
    return invalidFor(path, version, dns1035LabelMessages(version));
  });
  if (versions.some((version) => REVIEW_VERSIONS.includes(version))) return errors;
  return [...errors, invalidValue(field, versions, `must include at least one of ${accepted}`)];
}
