import { ApiError } from '@everynode/objects';
import { accepts, covers, parseAccept } from './accept.js';

export type Encoding = 'json' | 'yaml' | 'protobuf';
export type MetaVersion = 'v1' | 'v1beta1';

/** The form in which a client wants an answer. */
export type Representation =
  | { kind: 'object'; encoding: Encoding; pretty: boolean }
  | { kind: 'table'; encoding: Exclude<Encoding, 'protobuf'>; version: MetaVersion; pretty: boolean }
  /** `list`: the client wants the metadata of a list, and not of one object. */
  | { kind: 'metadata'; encoding: Encoding; version: MetaVersion; list: boolean; pretty: boolean };

/** The form that Go's clients prefer: four bytes and a runtime.Unknown. */
export const PROTOBUF = 'application/vnd.kubernetes.protobuf';

/** In the order of preference for a wildcard. */
const ENCODINGS: readonly { type: string; encoding: Encoding; streams: boolean }[] = [
  { type: 'application/json', encoding: 'json', streams: true },
  { type: 'application/yaml', encoding: 'yaml', streams: false },
  { type: PROTOBUF, encoding: 'protobuf', streams: true },
];

/** Results by header. Clients send few different headers, and parsing one costs as much as finding an object. */
const MAX_REMEMBERED = 100;
const remembered = new Map<string, Representation>();

interface Served {
  /** Events are sent one by one. */
  stream?: boolean;
  /** No other object than the one that is asked for: no table, no metadata alone. */
  plain?: boolean;
  /** No protobuf. */
  text?: boolean;
}

/**
 * Returns the first wanted form that is served; with `stream`, one in which events can be sent.
 * Source: apiserver endpoints/handlers/negotiation, and AllowsMediaTypeTransform of endpoints/handlers.
 * @throws ApiError NotAcceptable when there is none.
 */
export function negotiate(accept: string | undefined, served: Served = {}): Representation {
  const key = `${served.stream} ${served.plain} ${served.text} ${accept ?? ''}`;
  let wanted = remembered.get(key);
  if (!wanted) {
    wanted = firstServed(accept, served);
    if (remembered.size >= MAX_REMEMBERED) remembered.clear();
    remembered.set(key, wanted);
  }
  return wanted;
}

function firstServed(accept: string | undefined, { stream, plain, text }: Served): Representation {
  if (!accept) return { kind: 'object', encoding: 'json', pretty: false };
  for (const { type, parameters } of parseAccept(accept)) {
    for (const offered of ENCODINGS) {
      if (!covers(type, offered.type) || (text && offered.encoding === 'protobuf')) continue;
      // Upstream chooses the first form that fits, and checks only then whether it can stream.
      const form = formOf(parameters, offered);
      if (!form || (plain && form.kind !== 'object')) continue;
      if (stream && !offered.streams) throw notAcceptable(true);
      return form;
    }
  }
  throw notAcceptable(stream);
}

function formOf(
  parameters: Record<string, string>,
  { encoding, streams }: (typeof ENCODINGS)[number],
): Representation | undefined {
  const { as, g, v, stream } = parameters;
  const pretty = parameters.pretty === '1';
  if (stream && (stream !== 'watch' || !streams)) return undefined;
  if (as === undefined && g === undefined && v === undefined) return { kind: 'object', encoding, pretty };
  if (g !== 'meta.k8s.io' || (v !== 'v1' && v !== 'v1beta1')) return undefined;
  if (as === 'Table') return encoding === 'protobuf' ? undefined : { kind: 'table', encoding, version: v, pretty };
  if (as !== 'PartialObjectMetadata' && as !== 'PartialObjectMetadataList') return undefined;
  return { kind: 'metadata', encoding, version: v, list: as === 'PartialObjectMetadataList', pretty };
}

const TYPES = ENCODINGS.map(({ type }) => type);
const STREAMS = ENCODINGS.filter(({ streams }) => streams).map(({ type }) => `${type};stream=watch`);

function notAcceptable(stream = false): ApiError {
  const types = stream ? STREAMS : TYPES;
  return new ApiError('NotAcceptable', `only the following media types are accepted: ${types.join(', ')}`);
}

/** What a route produces: objects; objects, one by one too; or a document that has one form. */
const PRODUCED = { objects: TYPES, collections: [...TYPES, ...STREAMS], json: ['application/json'] } as const;

/**
 * Upstream's routes refuse what they cannot produce before anything is negotiated or looked for.
 * Source: go-restful, RouterJSR311.detectRoute.
 * @param lacksBody The request should have a body and has none.
 * @throws ApiError NotAcceptable; UnsupportedMediaType for a request that lacks its body.
 */
export function requireProduced(accept: string | undefined, of: keyof typeof PRODUCED, lacksBody = false): void {
  if (!accept || accepts(accept, PRODUCED[of])) return;
  const available = `Available representations: ${PRODUCED[of].join(', ')}`;
  if (lacksBody) {
    throw new ApiError('UnsupportedMediaType', `415: Unsupported Media Type\n\n${available}`, {});
  }
  throw new ApiError('NotAcceptable', `406: Not Acceptable\n\n${available}`, {});
}

/** Browsers and command lines get indented JSON. Source: negotiation, isPrettyPrint. */
export function wantsPretty(pretty: string | undefined, userAgent: string | undefined): boolean {
  if (pretty) return ['1', 't', 'T', 'true', 'TRUE', 'True'].includes(pretty);
  return /^(curl|Wget|Mozilla\/5\.0)/.test(userAgent ?? '');
}

/** The encoding of a request's body. @throws ApiError UnsupportedMediaType. */
export function bodyFormat(contentType: string | undefined): Encoding {
  const type = (contentType ?? 'application/json').split(';', 1)[0]?.trim().toLowerCase();
  if (type === 'application/json' || type === '') return 'json';
  if (type === 'application/yaml' || type === 'text/yaml' || type === 'application/x-yaml') return 'yaml';
  if (type === PROTOBUF) return 'protobuf';
  throw new ApiError(
    'UnsupportedMediaType',
    `the body of the request was in an unknown format - accepted media types include: application/json, application/yaml, ${PROTOBUF}`,
  );
}
