import {
  dns1035LabelMessages,
  dnsLabelMessages,
  dnsSubdomainMessages,
  goQuoted,
  isOfFormat,
  labelKeyMessages,
  labelValueMessages,
  maskTrailingDash,
} from '@everynode/objects';
import { spend } from '../budget.js';
import type { Environment } from '../program.js';
import { optional } from './optional.js';

/** A format that texts are held to. */
class NamedFormat {
  constructor(
    readonly messages: (text: string) => readonly string[],
    /** Length of upstream's regular expression, which its cost depends on. */
    readonly patternLength: number,
  ) {}

  validate(text: string): unknown {
    spend(Math.ceil((1 + text.length) / 10) * Math.ceil(this.patternLength / 4));
    const messages = this.messages(text);
    return optional(messages.length > 0 ? messages : undefined);
  }
}

const prefixOf =
  (messages: (name: string) => string[]) =>
  (prefix: string): string[] =>
    messages(maskTrailingDash(prefix));

const held =
  (format: string, message: string) =>
  (text: string): string[] =>
    isOfFormat(text, format) ? [] : [message];

function uriMessages(text: string): string[] {
  if (text === '') return ['parse "": empty url'];
  return isOfFormat(text, 'uri') ? [] : [`parse ${goQuoted(text)}: invalid URI for request`];
}

const FORMATS: Readonly<Record<string, NamedFormat>> = {
  dns1123Label: new NamedFormat(dnsLabelMessages, 30),
  dns1123Subdomain: new NamedFormat(dnsSubdomainMessages, 60),
  dns1035Label: new NamedFormat(dns1035LabelMessages, 30),
  qualifiedName: new NamedFormat(labelKeyMessages, 60),
  dns1123LabelPrefix: new NamedFormat(prefixOf(dnsLabelMessages), 30),
  dns1123SubdomainPrefix: new NamedFormat(prefixOf(dnsSubdomainMessages), 60),
  dns1035LabelPrefix: new NamedFormat(prefixOf(dns1035LabelMessages), 30),
  labelValue: new NamedFormat(labelValueMessages, 40),
  uri: new NamedFormat(uriMessages, 1103),
  uuid: new NamedFormat(held('uuid', 'does not match the UUID format'), 64),
  byte: new NamedFormat(held('byte', 'invalid base64'), 84),
  date: new NamedFormat(held('date', 'invalid date'), 102),
  datetime: new NamedFormat(held('datetime', 'invalid datetime'), 102),
};

/** A namespace of functions: `format.uuid()` is a method of the constant `format`. */
class Formats {}

const SPACE = 'kubernetes.Formats';
const NAME = 'kubernetes.NamedFormat';

/** Source: apiserver pkg/cel/library/format.go, and cost.go for what it costs. */
export function addFormats(environment: Environment): void {
  environment
    .registerType(NAME, NamedFormat)
    .registerType(SPACE, Formats)
    .registerConstant('format', SPACE, new Formats())
    .registerFunction(`${SPACE}.named(string): optional<${NAME}>`, (_space: Formats, name: string) =>
      optional(Object.hasOwn(FORMATS, name) ? FORMATS[name] : undefined),
    )
    .registerFunction(`${NAME}.validate(string): optional<list<string>>`, (one: NamedFormat, text: string) =>
      one.validate(text),
    );
  for (const [name, format] of Object.entries(FORMATS)) {
    environment.registerFunction(`${SPACE}.${name}(): ${NAME}`, () => format);
  }
}
