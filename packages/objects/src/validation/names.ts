/**
 * Checks of names and of label text. Each returns messages in the words of apimachinery's util/validation, because
 * clients and tests compare them. The list is empty for a good value.
 */

const DNS_LABEL = '[a-z0-9]([-a-z0-9]*[a-z0-9])?';
const DNS_SUBDOMAIN = `${DNS_LABEL}(\\.${DNS_LABEL})*`;
const DNS_1035_LABEL = '[a-z]([-a-z0-9]*[a-z0-9])?';
const QUALIFIED_NAME = '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]';
const LABEL_VALUE = `(${QUALIFIED_NAME})?`;
const SEARCH_LABEL = '_?[a-z0-9]([-_a-z0-9]*[a-z0-9])?';
const SEARCH_PATH = `${SEARCH_LABEL}(\\.${SEARCH_LABEL})*`;
const CONFIG_KEY = '[-._a-zA-Z0-9]+';
const RELAXED_ENV_NAME = /^[ -<>-~]+$/;

const whole = (pattern: string): RegExp => new RegExp(`^${pattern}$`);
const DNS_LABEL_RE = whole(DNS_LABEL);
const DNS_1035_LABEL_RE = whole(DNS_1035_LABEL);
const DNS_SUBDOMAIN_RE = whole(DNS_SUBDOMAIN);
const QUALIFIED_NAME_RE = whole(QUALIFIED_NAME);
const LABEL_VALUE_RE = whole(LABEL_VALUE);
const SEARCH_PATH_RE = whole(SEARCH_PATH);
const CONFIG_KEY_RE = whole(CONFIG_KEY);
const PORT_CHARSET_RE = /^[-a-z0-9]+$/;

/**
 * `MESSAGE (e.g. 'A',  or 'B', regex used for validation is 'R')`: two blanks before each "or", as upstream prints it.
 */
function patternMessage(message: string, pattern: string, ...examples: string[]): string {
  const shown = examples.map((example) => `'${example}', `).join(' or ');
  return `${message} (e.g. ${shown}regex used for validation is '${pattern}')`;
}

const tooLong = (max: number): string => `must be no more than ${max} characters`;
/** The newer rules of keys count the same and name it rightly. Source: apimachinery api/validate/content. */
const tooManyBytes = (max: number): string => `must be no more than ${max} bytes`;
const byteLength = (text: string): number => Buffer.byteLength(text, 'utf8');

const WILDCARD_PATTERN = `\\*\\.${DNS_SUBDOMAIN}`;
const WILDCARD_RE = whole(WILDCARD_PATTERN);
const LABEL_MESSAGE = patternMessage(
  "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character",
  DNS_LABEL,
  'my-name',
  '123-abc',
);
const LABEL_1035_MESSAGE = patternMessage(
  "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character",
  DNS_1035_LABEL,
  'my-name',
  'abc-123',
);
const SUBDOMAIN_MESSAGE = patternMessage(
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character",
  DNS_SUBDOMAIN,
  'example.com',
);
const WILDCARD_MESSAGE = patternMessage(
  "a wildcard DNS-1123 subdomain must start with '*.', followed by a valid DNS subdomain, which must consist of lower case alphanumeric characters, '-' or '.' and end with an alphanumeric character",
  WILDCARD_PATTERN,
  '*.example.com',
);
const QUALIFIED_MESSAGE = patternMessage(
  "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character",
  QUALIFIED_NAME,
  'MyName',
  'my.name',
  '123-abc',
);
const VALUE_MESSAGE = patternMessage(
  "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character",
  LABEL_VALUE,
  'MyValue',
  'my_value',
  '12345',
);
const SEARCH_PATH_MESSAGE = patternMessage(
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '_', '-' or '.', and must start and end with an alphanumeric character",
  SEARCH_PATH,
  'example.com',
);
const CONFIG_KEY_MESSAGE = patternMessage(
  "a valid config key must consist of alphanumeric characters, '-', '_' or '.'",
  CONFIG_KEY,
  'key.name',
  'KEY_NAME',
  'key-name',
);

/** At most 63 bytes of lower case letters, digits and dashes: namespaces, containers, volumes. */
export function dnsLabelMessages(value: string): string[] {
  const messages: string[] = [];
  if (byteLength(value) > 63) messages.push(tooLong(63));
  if (!DNS_LABEL_RE.test(value)) messages.push(DNS_SUBDOMAIN_RE.test(value) ? 'must not contain dots' : LABEL_MESSAGE);
  return messages;
}

/** A label that begins with a letter: names of services and of API versions. */
export function dns1035LabelMessages(value: string): string[] {
  const messages: string[] = [];
  if (byteLength(value) > 63) messages.push(tooLong(63));
  if (!DNS_1035_LABEL_RE.test(value)) messages.push(LABEL_1035_MESSAGE);
  return messages;
}

/** Labels joined by dots, at most 253 bytes: the names of most objects. */
export const dnsSubdomainMessages = (value: string): string[] => subdomainMessages(value, tooLong);

function subdomainMessages(value: string, tooLongFor: (max: number) => string): string[] {
  const messages: string[] = [];
  if (byteLength(value) > 253) messages.push(tooLongFor(253));
  if (!DNS_SUBDOMAIN_RE.test(value)) messages.push(SUBDOMAIN_MESSAGE);
  return messages;
}

/** A subdomain below `*.`: hosts of an Ingress. Source: apimachinery util/validation, IsWildcardDNS1123Subdomain. */
export function wildcardSubdomainMessages(value: string): string[] {
  const messages = byteLength(value) > 253 ? [tooLong(253)] : [];
  return WILDCARD_RE.test(value) ? messages : [...messages, WILDCARD_MESSAGE];
}

/**
 * `name` or `prefix/name`: keys of labels, annotations, tolerations and taints, finalizers, names of gates and
 * resources. Source: content.IsLabelKey.
 */
export function labelKeyMessages(value: string): string[] {
  const messages: string[] = [];
  const parts = value.split('/');
  let name = parts[0] ?? '';
  if (parts.length === 2) {
    name = parts[1] ?? '';
    const prefix = parts[0] ?? '';
    if (prefix === '') messages.push('prefix part must be non-empty');
    else messages.push(...subdomainMessages(prefix, tooManyBytes).map((message) => `prefix part ${message}`));
  } else if (parts.length > 2) {
    return [
      `a valid label key ${QUALIFIED_MESSAGE} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')`,
    ];
  }
  if (name === '') messages.push('name part must be non-empty');
  else if (byteLength(name) > 63) messages.push(`name part ${tooManyBytes(63)}`);
  if (!QUALIFIED_NAME_RE.test(name)) messages.push(`name part ${QUALIFIED_MESSAGE}`);
  return messages;
}

export function labelValueMessages(value: string): string[] {
  const messages: string[] = [];
  if (byteLength(value) > 63) messages.push(tooManyBytes(63));
  if (!LABEL_VALUE_RE.test(value)) messages.push(VALUE_MESSAGE);
  return messages;
}

/** Keys of ConfigMaps and Secrets. */
export function configKeyMessages(value: string): string[] {
  const messages: string[] = [];
  if (byteLength(value) > 253) messages.push(tooLong(253));
  if (!CONFIG_KEY_RE.test(value)) messages.push(CONFIG_KEY_MESSAGE);
  if (value === '.') messages.push("must not be '.'");
  else if (value === '..') messages.push("must not be '..'");
  else if (value.startsWith('..')) messages.push("must not start with '..'");
  return messages;
}

/** Names of environment variables: any printable ASCII but `=` (the relaxed rule, on since 1.32). */
export function envNameMessages(value: string): string[] {
  if (RELAXED_ENV_NAME.test(value)) return [];
  return ["a valid environment variable name must consist only of printable ASCII characters other than '='"];
}

/** A search path of a resolver: a subdomain whose labels may have underscores, with or without a dot at the end. */
export function searchPathMessages(value: string): string[] {
  const messages: string[] = [];
  if (byteLength(value) > 253) messages.push(tooLong(253));
  if (!SEARCH_PATH_RE.test(value)) messages.push(SEARCH_PATH_MESSAGE);
  return messages;
}

/** Source: apimachinery util/validation, IsValidPortNum. */
export const portNumberMessages = (port: number): string[] =>
  port >= 1 && port <= 65_535 ? [] : ['must be between 1 and 65535, inclusive'];

/** Names of container ports: at most 15 bytes, with a letter, without doubled or outer dashes. */
export function portNameMessages(value: string): string[] {
  const messages: string[] = [];
  if (byteLength(value) > 15) messages.push(tooLong(15));
  if (!PORT_CHARSET_RE.test(value))
    messages.push('must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)');
  if (!/[a-z]/.test(value)) messages.push('must contain at least one letter (a-z)');
  if (value.includes('--')) messages.push('must not contain consecutive hyphens');
  if (value.startsWith('-') || value.endsWith('-')) messages.push('must not begin or end with a hyphen');
  return messages;
}

/** The part of a name before generated characters. A trailing dash counts as a letter. */
export function maskTrailingDash(prefix: string): string {
  return prefix.length > 1 && prefix.endsWith('-') ? `${prefix.slice(0, -2)}a` : prefix;
}

/** Names that become path segments, and may have colons: those of roles. Source: apimachinery api/validation/path. */
export function pathSegmentMessages(name: string): string[] {
  if (name === '.' || name === '..') return [`may not be '${name}'`];
  return ['/', '%'].filter((mark) => name.includes(mark)).map((mark) => `may not contain '${mark}'`);
}
