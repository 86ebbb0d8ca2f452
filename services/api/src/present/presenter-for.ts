import { ApiError, type ResourceDefinition } from '@everynode/objects';
import type { Representation } from '../negotiate.js';
import { inYaml, jsonMetadataPresenter, jsonObjectPresenter } from './json-presenter.js';
import type { IncludeObject, Presenter } from './presenter.js';
import { protobufMetadataPresenter, protobufObjectPresenter } from './protobuf-presenter.js';
import { tablePresenter } from './table-presenter.js';

export function presenterFor(
  definition: ResourceDefinition,
  representation: Representation,
  include: IncludeObject = 'Metadata',
): Presenter {
  switch (representation.kind) {
    case 'table':
      return tablePresenter(definition, representation.version, include);
    case 'metadata':
      return representation.encoding === 'protobuf' ? protobufMetadataPresenter : jsonMetadataPresenter;
    case 'object':
      return objectPresenter(definition, representation.encoding);
  }
}

function objectPresenter(definition: ResourceDefinition, encoding: 'json' | 'yaml' | 'protobuf'): Presenter {
  if (encoding === 'json') return jsonObjectPresenter(definition);
  if (encoding === 'yaml') return inYaml(jsonObjectPresenter(definition));
  const presenter = protobufObjectPresenter(definition);
  if (!presenter) throw new ApiError('NotAcceptable', `${definition.kind} has no protobuf form`);
  return presenter;
}
