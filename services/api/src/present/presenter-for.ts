import { ApiError, type ResourceDefinition } from '@everynode/objects';
import type { Encoding, Representation } from '../negotiate.js';
import { jsonMetadataPresenter, jsonObjectPresenter } from './json-presenter.js';
import type { IncludeObject, Presenter } from './presenter.js';
import { protobufMetadataPresenter, protobufObjectPresenter } from './protobuf-presenter.js';
import { tablePresenter } from './table-presenter.js';
import { compact, pretty, type TextForm, yaml } from './text-form.js';

const INCLUDES: readonly string[] = ['None', 'Metadata', 'Object'] satisfies IncludeObject[];

/** `include` is the request's includeObject. @throws ApiError BadRequest for one that is not known. */
export function presenterFor(
  definition: ResourceDefinition,
  representation: Representation,
  include = 'Metadata',
): Presenter {
  const form = formOf(representation);
  switch (representation.kind) {
    case 'table':
      if (!INCLUDES.includes(include)) {
        throw new ApiError(
          'BadRequest',
          `Unable to convert to Table as requested: includeObject: Invalid value: ${JSON.stringify(include)}: ` +
            "must be 'Metadata', 'Object', 'None', or empty",
        );
      }
      return tablePresenter(definition, representation.version, include as IncludeObject, form);
    case 'metadata':
      if (representation.encoding === 'protobuf') return protobufMetadataPresenter(representation.version);
      return jsonMetadataPresenter(representation.version, form);
    case 'object':
      return objectPresenter(definition, representation.encoding, form);
  }
}

export function formOf({ encoding, pretty: isPretty }: Pick<Representation, 'encoding' | 'pretty'>): TextForm {
  if (encoding === 'yaml') return yaml;
  return isPretty ? pretty : compact;
}

function objectPresenter(definition: ResourceDefinition, encoding: Encoding, form: TextForm): Presenter {
  if (encoding !== 'protobuf') return jsonObjectPresenter(definition, form);
  const presenter = protobufObjectPresenter(definition);
  if (!presenter) throw new ApiError('NotAcceptable', `${definition.kind} has no protobuf form`);
  return presenter;
}
