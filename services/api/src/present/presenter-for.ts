import { ApiError, type ResourceDefinition } from '@everynode/objects';
import type { Encoding, Representation } from '../http/negotiate.js';
import { jsonMetadataPresenter, jsonObjectPresenter } from './json-presenter.js';
import type { IncludeObject, Presenter } from './presenter.js';
import { protobufMetadataPresenter, protobufObjectPresenter } from './protobuf-presenter.js';
import { tablePresenter } from './table-presenter.js';
import { compact, pretty, type TextForm, yaml } from './text-form.js';

const INCLUDES: readonly string[] = ['None', 'Metadata', 'Object'] satisfies IncludeObject[];

/** Presenters have no state, so one serves all requests for the same representation. */
const made = new WeakMap<ResourceDefinition, Map<string, Presenter>>();

/** `include` is the request's includeObject. @throws ApiError BadRequest for an unknown one. */
export function presenterFor(
  definition: ResourceDefinition,
  representation: Representation,
  include = 'Metadata',
): Presenter {
  let known = made.get(definition);
  if (!known) {
    known = new Map();
    made.set(definition, known);
  }
  const { kind, encoding, pretty: isPretty } = representation;
  const version = representation.kind === 'object' ? '' : representation.version;
  const key = `${kind} ${version} ${encoding} ${isPretty} ${kind === 'table' ? include : ''}`;
  let presenter = known.get(key);
  if (!presenter) {
    // Only presenters that can be made are kept: requests may ask for anything, but the number of served forms is
    // small.
    presenter = makePresenter(definition, representation, include);
    known.set(key, presenter);
  }
  return presenter;
}

/** What the rows of a table are to have beside their cells. @throws ApiError BadRequest for an unknown text. */
export function includeObject(text = 'Metadata'): IncludeObject {
  if (INCLUDES.includes(text)) return text as IncludeObject;
  throw new ApiError(
    'BadRequest',
    `Unable to convert to Table as requested: includeObject: Invalid value: ${JSON.stringify(text)}: ` +
      "must be 'Metadata', 'Object', 'None', or empty",
  );
}

function makePresenter(definition: ResourceDefinition, representation: Representation, include: string): Presenter {
  const form = formOf(representation);
  switch (representation.kind) {
    case 'table':
      return tablePresenter(definition, representation.version, includeObject(include), form);
    case 'metadata':
      if (representation.encoding === 'protobuf') return protobufMetadataPresenter(definition, representation.version);
      return jsonMetadataPresenter(definition, representation.version, form);
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
