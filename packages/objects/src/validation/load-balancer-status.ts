import type { FieldError } from '../field-error.js';
import type { Ingress, LoadBalancerIngress, Service } from '../kinds/api-types.js';
import { validateAddress, validateNoAddress } from './addresses.js';
import { forbidden, invalidFor, notSupported, required } from './field-errors.js';
import { dnsSubdomainMessages } from './names.js';

const FIELD = 'status.loadBalancer.ingress';
const IP_MODES = ['Proxy', 'VIP'];

/** A point of a load balancer at which clients come in. */
type Point = Pick<LoadBalancerIngress, 'ip' | 'ipMode' | 'hostname'>;

/** Source: pkg/apis/core/validation, ValidateLoadBalancerStatus. */
export function validateServiceStatus({ spec, status }: Service): FieldError[] {
  const { ingress = [] } = status?.loadBalancer ?? {};
  if (spec?.type !== 'LoadBalancer' && ingress.length > 0) {
    return [forbidden(FIELD, "may only be used when `spec.type` is 'LoadBalancer'")];
  }
  return ingress.flatMap((point, at) => {
    const field = `${FIELD}[${at}]`;
    return [...ipErrors(point, field), ...modeErrors(point, field), ...hostErrors(point, field)];
  });
}

/** Source: pkg/apis/networking/validation, ValidateIngressLoadBalancerStatus. */
export const validateIngressStatus = ({ status }: Ingress): FieldError[] =>
  (status?.loadBalancer?.ingress ?? []).flatMap((point, at) => {
    const field = `${FIELD}[${at}]`;
    return [...ipErrors(point, field), ...hostErrors(point, field)];
  });

const ipErrors = ({ ip }: Point, field: string): FieldError[] => (ip ? validateAddress(`${field}.ip`, ip) : []);

function modeErrors({ ip, ipMode: mode }: Point, field: string): FieldError[] {
  const path = `${field}.ipMode`;
  if (mode === undefined) return ip ? [required(path, 'must be specified when `ip` is set')] : [];
  if (!ip) return [forbidden(path, 'may not be specified when `ip` is not set')];
  return IP_MODES.includes(mode) ? [] : [notSupported(path, mode, IP_MODES)];
}

const hostErrors = ({ hostname }: Point, field: string): FieldError[] =>
  hostname
    ? [
        ...invalidFor(`${field}.hostname`, hostname, dnsSubdomainMessages(hostname)),
        ...validateNoAddress(`${field}.hostname`, hostname),
      ]
    : [];
