import { negotiate, PROTOBUF } from '../http/negotiate.js';
import { encodeMessage } from '../protobuf/codec.js';
import { wrap } from '../protobuf/envelope.js';
import { messageOfSchema } from '../protobuf/message-facts.js';
import type { Payload } from './presenter.js';
import { toYaml } from './text-form.js';

/** An object that is not stored. */
export interface PlainObject {
  apiVersion: string;
  kind: string;
}

/** Writes an object in the form that `accept` asks for. `schema` names its type. @throws ApiError NotAcceptable. */
export function writePlainObject(
  object: PlainObject,
  schema: string,
  accept: string | undefined,
): { payload: Payload; contentType: string } {
  switch (negotiate(accept, { plain: true }).encoding) {
    case 'protobuf':
      return { payload: wrap(object, encodeMessage(messageOfSchema(schema) ?? '', object)), contentType: PROTOBUF };
    case 'yaml':
      return { payload: toYaml(JSON.stringify(object)), contentType: 'application/yaml' };
    case 'json':
      return { payload: JSON.stringify(object), contentType: 'application/json' };
  }
}
