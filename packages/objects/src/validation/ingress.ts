import type { FieldError } from '../field-error.js';
import type {
  HTTPIngressPath,
  Ingress,
  IngressBackend,
  IngressClass,
  IngressClassParametersReference,
  IngressRule,
  IngressTLS,
} from '../kinds/api-types.js';
import { validateNoAddress } from './addresses.js';
import { forbidden, invalidFor, invalidValue, notSupported, required, tooLong } from './field-errors.js';
import {
  dns1035LabelMessages,
  dnsLabelMessages,
  dnsSubdomainMessages,
  pathSegmentMessages,
  portNameMessages,
  portNumberMessages,
  wildcardSubdomainMessages,
} from './names.js';
import { validateUnchanged } from './object-meta.js';
import { validateDomainPrefixedPath } from './paths.js';

const CLASS_ANNOTATION = 'kubernetes.io/ingress.class';
const PATH_TYPES = ['Exact', 'ImplementationSpecific', 'Prefix'];
const BAD_SEQUENCES = ['//', '/./', '/../', '%2f', '%2F'];
const BAD_SUFFIXES = ['/..', '/.'];
const SCOPES = ['Cluster', 'Namespace'];
const MAX_CONTROLLER_BYTES = 250;

/** Source: pkg/apis/networking/validation, ValidateIngressSpec. */
export function validateIngress({ spec }: Ingress): FieldError[] {
  const { rules = [], defaultBackend, tls = [], ingressClassName } = spec ?? {};
  const errors: FieldError[] = [];
  if (rules.length === 0 && !defaultBackend) {
    errors.push(invalidValue('spec', spec?.rules, 'either `defaultBackend` or `rules` must be specified'));
  }
  if (defaultBackend) errors.push(...backendErrors(defaultBackend, 'spec.defaultBackend'));
  errors.push(...rules.flatMap((rule, at) => ruleErrors(rule, `spec.rules[${at}]`)));
  errors.push(...tls.flatMap((one, at) => tlsErrors(one, `spec.tls[${at}]`)));
  if (ingressClassName !== undefined) {
    errors.push(...invalidFor('spec.ingressClassName', ingressClassName, dnsSubdomainMessages(ingressClassName)));
  }
  return errors;
}

/** The old way to name a class says the same as the new one. Source: ValidateIngressCreate. */
export function validateNewIngress({ metadata, spec }: Ingress): FieldError[] {
  const named = metadata?.annotations?.[CLASS_ANNOTATION];
  const { ingressClassName } = spec ?? {};
  if (named === undefined || ingressClassName === undefined || named === ingressClassName) return [];
  const detail = 'must match `ingressClassName` when both are specified';
  return [invalidValue(`annotations.${CLASS_ANNOTATION}`, named, detail)];
}

const hostMessages = (host: string): string[] =>
  host.includes('*') ? wildcardSubdomainMessages(host) : dnsSubdomainMessages(host);

function ruleErrors({ host, http }: IngressRule, field: string): FieldError[] {
  const errors = host
    ? [...validateNoAddress(`${field}.host`, host), ...invalidFor(`${field}.host`, host, hostMessages(host))]
    : [];
  if (!http) return errors;
  if ((http.paths ?? []).length === 0) return [...errors, required(`${field}.http.paths`)];
  return [...errors, ...http.paths.flatMap((path, at) => pathErrors(path, `${field}.http.paths[${at}]`))];
}

const tlsErrors = ({ hosts = [], secretName }: IngressTLS, field: string): FieldError[] => [
  ...hosts.flatMap((host, at) => invalidFor(`${field}.hosts[${at}]`, host, hostMessages(host))),
  ...(secretName ? invalidFor(`${field}.secretName`, secretName, dnsSubdomainMessages(secretName)) : []),
];

/** Source: validateHTTPIngressPath. */
function pathErrors({ path = '', pathType, backend }: HTTPIngressPath, field: string): FieldError[] {
  // A pointer without a default: a client may leave it out.
  if (pathType === undefined) return [required(`${field}.pathType`, 'pathType must be specified')];
  const errors: FieldError[] = [];
  const refuse = (detail: string): void => void errors.push(invalidValue(`${field}.path`, path, detail));
  if (!PATH_TYPES.includes(pathType)) errors.push(notSupported(`${field}.pathType`, pathType, PATH_TYPES));
  else {
    const isFree = pathType === 'ImplementationSpecific';
    if (!path.startsWith('/') && !(isFree && path === '')) refuse('must be an absolute path');
    if (!isFree) {
      for (const text of BAD_SEQUENCES) if (path.includes(text)) refuse(`must not contain '${text}'`);
      for (const text of BAD_SUFFIXES) if (path.endsWith(text)) refuse(`cannot end with '${text}'`);
    }
  }
  return [...errors, ...backendErrors(backend ?? {}, `${field}.backend`)];
}

/** Source: validateIngressBackend. */
function backendErrors({ resource, service }: IngressBackend, field: string): FieldError[] {
  if (resource && service) return [invalidValue(field, '', 'cannot set both resource and service backends')];
  if (resource) return referenceErrors(resource, `${field}.resource`);
  if (!service) return [invalidValue(field, '', 'resource or service backend is required')];
  const { name, port: { name: portName = '', number = 0 } = {} } = service;
  const errors = name
    ? invalidFor(`${field}.service.name`, name, dns1035LabelMessages(name))
    : [required(`${field}.service.name`)];
  if (portName && number) errors.push(invalidValue(field, '', 'cannot set both port name & port number'));
  else if (portName) errors.push(...invalidFor(`${field}.service.port.name`, portName, portNameMessages(portName)));
  else if (number) errors.push(...invalidFor(`${field}.service.port.number`, number, portNumberMessages(number)));
  else errors.push(required(field, 'port name or number is required'));
  return errors;
}

/** Source: validateIngressTypedLocalObjectReference. */
function referenceErrors(
  { apiGroup, kind, name }: { apiGroup?: string; kind?: string; name?: string },
  field: string,
): FieldError[] {
  const named = (member: 'kind' | 'name', value = ''): FieldError[] =>
    value ? invalidFor(`${field}.${member}`, value, pathSegmentMessages(value)) : [required(`${field}.${member}`)];
  return [
    ...(apiGroup === undefined ? [] : invalidFor(`${field}.apiGroup`, apiGroup, dnsSubdomainMessages(apiGroup))),
    ...named('kind', kind),
    ...named('name', name),
  ];
}

/** Source: validateIngressClassSpec. */
export function validateIngressClass({ spec }: IngressClass): FieldError[] {
  const { controller = '', parameters } = spec ?? {};
  const field = 'spec.controller';
  const errors = Buffer.byteLength(controller) > MAX_CONTROLLER_BYTES ? [tooLong(field, MAX_CONTROLLER_BYTES)] : [];
  errors.push(...validateDomainPrefixedPath(controller, field));
  return parameters ? [...errors, ...parameterErrors(parameters, 'spec.parameters')] : errors;
}

/** Source: validateIngressClassSpecUpdate. */
export const validateIngressClassUpdate = ({ spec }: IngressClass, current: IngressClass): FieldError[] =>
  validateUnchanged('spec.controller', spec?.controller, current.spec?.controller);

/** Source: validateIngressClassParametersReference. */
function parameterErrors(parameters: IngressClassParametersReference, field: string): FieldError[] {
  const { scope, namespace } = parameters;
  const errors = referenceErrors(parameters, field);
  if (scope === undefined) errors.push(required(`${field}.scope`));
  else if (!SCOPES.includes(scope)) errors.push(notSupported(`${field}.scope`, scope, SCOPES));
  else if (scope === 'Namespace') {
    if (namespace === undefined) {
      errors.push(required(`${field}.namespace`, "`parameters.scope` is set to 'Namespace'"));
    } else errors.push(...invalidFor(`${field}.namespace`, namespace, dnsLabelMessages(namespace)));
  } else if (namespace !== undefined) {
    errors.push(forbidden(`${field}.namespace`, "`parameters.scope` is set to 'Cluster'"));
  }
  return errors;
}
