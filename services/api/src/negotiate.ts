import { ApiError } from '@everynode/objects';

/** In which form an answer is wanted. */
export type Representation =
  | { kind: 'object'; encoding: 'json' | 'yaml' | 'protobuf' }
  | { kind: 'table'; version: 'v1' | 'v1beta1' }
  | { kind: 'metadata'; encoding: 'json' | 'protobuf' };

/** Objects as Go's clients prefer them: four bytes and a runtime.Unknown. */
export const PROTOBUF = 'application/vnd.kubernetes.protobuf';

interface MediaRange {
  type: string;
  parameters: Record<string, string>;
  quality: number;
}

/** Media ranges of an Accept header, most wanted first. */
export function parseAccept(accept: string | undefined): MediaRange[] {
  const ranges = (accept ?? '*/*').split(',').map((item): MediaRange => {
    const [type = '', ...rest] = item.split(';').map((part) => part.trim());
    const parameters = Object.fromEntries(
      rest.map((part) => {
        const [key = '', value = ''] = part.split('=', 2);
        return [key.trim(), value.trim()];
      }),
    );
    const quality = Number(parameters.q ?? 1);
    return { type: type.toLowerCase(), parameters, quality: Number.isNaN(quality) ? 0 : quality };
  });
  return ranges.filter((range) => range.quality > 0).sort((a, b) => b.quality - a.quality);
}

const JSON_TYPES = new Set(['application/json', '*/*', 'application/*', '']);

/** The first wanted form that is served. Throws NotAcceptable when there is none. */
export function negotiate(accept: string | undefined): Representation {
  for (const { type, parameters } of parseAccept(accept)) {
    if (type === 'application/yaml') return { kind: 'object', encoding: 'yaml' };
    const encoding = type === PROTOBUF ? 'protobuf' : JSON_TYPES.has(type) ? 'json' : undefined;
    if (encoding === undefined) continue;
    if (parameters.as === undefined) return { kind: 'object', encoding };
    if (parameters.g !== 'meta.k8s.io') continue;
    const version = parameters.v;
    if (parameters.as === 'Table' && encoding === 'json' && (version === 'v1' || version === 'v1beta1')) {
      return { kind: 'table', version };
    }
    if (parameters.as === 'PartialObjectMetadata' || parameters.as === 'PartialObjectMetadataList') {
      return { kind: 'metadata', encoding };
    }
  }
  throw new ApiError(
    'NotAcceptable',
    'only the following media types are accepted: application/json, application/yaml, application/vnd.kubernetes.protobuf, application/json;as=Table;v=v1;g=meta.k8s.io, application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io',
  );
}

/** How a request's body is written. Throws UnsupportedMediaType. */
export function bodyFormat(contentType: string | undefined): 'json' | 'yaml' | 'protobuf' {
  const type = (contentType ?? 'application/json').split(';', 1)[0]?.trim().toLowerCase();
  if (type === 'application/json' || type === '') return 'json';
  if (type === 'application/yaml' || type === 'text/yaml' || type === 'application/x-yaml') return 'yaml';
  if (type === PROTOBUF) return 'protobuf';
  throw new ApiError(
    'UnsupportedMediaType',
    `the body of the request was in an unknown format - accepted media types include: application/json, application/yaml, ${PROTOBUF}`,
  );
}
