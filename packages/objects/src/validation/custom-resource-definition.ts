import { isConditionTrue } from '../conditions.js';
import type { FieldError } from '../field-error.js';
import type { CustomResourceDefinition } from '../kinds/custom-resource-definition.js';
import { validateClientConfig, validateReviewVersions } from './admission-webhooks.js';
import { forbidden, invalidValue, notSupported, required } from './field-errors.js';
import { dns1035LabelMessages, dnsSubdomainMessages } from './names.js';
import { validateUnchanged } from './object-meta.js';

const SCOPES = ['Cluster', 'Namespaced'];
const STRATEGIES = ['None', 'Webhook'];

/** The rules beside those of the schemas. Source: apiextensions-apiserver pkg/apis/apiextensions/validation. */
export function validateCustomResourceDefinition(object: CustomResourceDefinition): FieldError[] {
  const { metadata, spec } = object;
  const { group, names, scope, versions = [], conversion } = spec;
  const errors: FieldError[] = [];
  const wanted = `${names.plural}.${group}`;
  if (metadata?.name !== wanted) {
    errors.push(invalidValue('metadata.name', metadata?.name ?? '', 'must be spec.names.plural+"."+spec.group'));
  }
  const inGroup = dnsSubdomainMessages(group);
  if (group === '') errors.push(required('spec.group'));
  else if (inGroup.length > 0) errors.push(invalidValue('spec.group', group, inGroup.join(',')));
  else if (!group.includes('.')) {
    errors.push(invalidValue('spec.group', group, 'should be a domain with at least one dot'));
  }
  if (scope === '') errors.push(required('spec.scope'));
  else if (!SCOPES.includes(scope)) errors.push(notSupported('spec.scope', scope, SCOPES));
  errors.push(...validateVersions(versions), ...validateNames(names));
  errors.push(...validateConversion(conversion));
  if (spec.preserveUnknownFields) {
    errors.push(
      invalidValue(
        'spec.preserveUnknownFields',
        true,
        'cannot set to true, set x-kubernetes-preserve-unknown-fields to true in spec.versions[*].schema instead',
      ),
    );
  }
  return errors;
}

/** The fields have the names of upstream's internal type. */
function validateConversion(conversion: CustomResourceDefinition['spec']['conversion']): FieldError[] {
  if (!conversion) return [];
  const { strategy, webhook } = conversion;
  const errors: FieldError[] = [];
  if (strategy === '') errors.push(required('spec.conversion.strategy'));
  else if (!STRATEGIES.includes(strategy)) {
    errors.push(notSupported('spec.conversion.strategy', strategy, STRATEGIES));
  }
  const [ofClient, ofVersions] = ['spec.conversion.webhookClientConfig', 'spec.conversion.conversionReviewVersions'];
  const reviews = webhook?.conversionReviewVersions ?? [];
  if (strategy !== 'Webhook') {
    const detail = 'should not be set when strategy is not set to Webhook';
    if (webhook?.clientConfig) errors.push(forbidden(ofClient, detail));
    if (reviews.length > 0) errors.push(forbidden(ofVersions, detail));
    return errors;
  }
  if (!webhook?.clientConfig) errors.push(required(ofClient, 'required when strategy is set to Webhook'));
  else errors.push(...validateClientConfig(webhook.clientConfig, ofClient));
  if (reviews.length === 0) errors.push(required(ofVersions));
  else errors.push(...validateReviewVersions(reviews, ofVersions));
  return errors;
}

function validateVersions(versions: CustomResourceDefinition['spec']['versions']): FieldError[] {
  const errors = versions.flatMap(({ name, schema }, at) => {
    const messages = dns1035LabelMessages(name);
    return [
      ...(messages.length > 0 ? [invalidValue(`spec.versions[${at}].name`, name, messages.join(','))] : []),
      ...(schema?.openAPIV3Schema ? [] : [required(`spec.versions[${at}].schema.openAPIV3Schema`)]),
    ];
  });
  if (new Set(versions.map(({ name }) => name)).size < versions.length) {
    errors.push(invalidValue('spec.versions', versions, 'must contain unique version names'));
  }
  if (versions.filter(({ storage }) => storage).length !== 1) {
    errors.push(invalidValue('spec.versions', versions, 'must have exactly one version marked as storage version'));
  }
  return errors;
}

function validateNames({
  plural,
  singular = '',
  kind,
  listKind = '',
  shortNames = [],
  categories = [],
}: CustomResourceDefinition['spec']['names']) {
  const label = (field: string, value: string, isKind: boolean): FieldError[] => {
    if (value === '') return [required(field)];
    const messages = dns1035LabelMessages(isKind ? value.toLowerCase() : value);
    const prefix = isKind ? 'may have mixed case, but should otherwise match: ' : '';
    return messages.length > 0 ? [invalidValue(field, value, prefix + messages.join(','))] : [];
  };
  return [
    ...label('spec.names.plural', plural, false),
    ...(singular === '' ? [] : label('spec.names.singular', singular, false)),
    ...label('spec.names.kind', kind, true),
    ...(listKind === '' ? [] : label('spec.names.listKind', listKind, true)),
    ...shortNames.flatMap((name, at) => label(`spec.names.shortNames[${at}]`, name, false)),
    ...(kind !== '' && kind === listKind
      ? [invalidValue('spec.names.listKind', listKind, 'kind and listKind may not be the same')]
      : []),
    ...categories.flatMap((name, at) => label(`spec.names.categories[${at}]`, name, false)),
  ];
}

export function validateCustomResourceDefinitionUpdate(
  { spec, status }: CustomResourceDefinition,
  current: CustomResourceDefinition,
): FieldError[] {
  const versions = new Set((spec.versions ?? []).map(({ name }) => name));
  const stored = status?.storedVersions ?? [];
  const lost = stored.flatMap((name, at) =>
    versions.has(name)
      ? []
      : [
          invalidValue(
            `status.storedVersions[${at}]`,
            name,
            `missing from spec.versions; ${name} was previously a storage version, and must remain in spec.versions until a storage migration ensures no data remains persisted in ${name} and removes ${name} from status.storedVersions`,
          ),
        ],
  );
  const isEstablished = isConditionTrue(current.status, 'Established');
  return [
    // Objects are stored under these. The name of the definition has the group and the plural.
    ...(isEstablished ? validateUnchanged('spec.scope', spec.scope, current.spec.scope) : []),
    ...(isEstablished ? validateUnchanged('spec.names.kind', spec.names.kind, current.spec.names.kind) : []),
    ...validateUnchanged('spec.group', spec.group, current.spec.group),
    ...validateUnchanged('spec.names.plural', spec.names.plural, current.spec.names.plural),
    ...lost,
  ];
}
