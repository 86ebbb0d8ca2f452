import type { FieldError } from '../field-error.js';
import type { HTTPGetAction, IntOrString, Lifecycle, LifecycleHandler, Probe } from '../kinds/api-types.js';
import {
  forbidden,
  invalidFor,
  invalidValue,
  NOT_POSITIVE,
  nonNegative,
  notSupported,
  required,
  withinRange,
} from './field-errors.js';
import { portNameMessages } from './names.js';

const MAX_PORT = 65535;

/** A port by number or by its name in the container. */
function validatePortReference(field: string, port: IntOrString | undefined): FieldError[] {
  if (typeof port === 'string') return invalidFor(field, port, portNameMessages(port));
  return withinRange(field, port ?? 0, 1, MAX_PORT);
}

const SCHEMES = ['HTTP', 'HTTPS'];
const HEADER_MESSAGE =
  "a valid HTTP header must consist of alphanumeric characters or '-' (e.g. 'X-Header-Name', regex used for validation is '[-A-Za-z0-9]+')";

function validateHttpGet(action: HTTPGetAction, field: string): FieldError[] {
  const errors = action.path ? [] : [required(`${field}.path`)];
  errors.push(...validatePortReference(`${field}.port`, action.port));
  const { scheme = '' } = action;
  if (!SCHEMES.includes(scheme)) errors.push(notSupported(`${field}.scheme`, scheme, SCHEMES));
  for (const { name } of action.httpHeaders ?? []) {
    if (!/^[-A-Za-z0-9]+$/.test(name)) errors.push(invalidValue(`${field}.httpHeaders`, name, HEADER_MESSAGE));
  }
  return errors;
}

interface Handler extends LifecycleHandler {
  grpc?: { port: number };
}

/** Exactly one action, and well-formed. `grace` is the pod's grace period, within which a hook has to sleep. */
function validateHandler(handler: Handler, grace: number | undefined, field: string): FieldError[] {
  const { exec, httpGet, tcpSocket, grpc, sleep } = handler;
  const checks: [string, (() => FieldError[]) | undefined][] = [
    ['exec', exec && (() => (exec.command?.length ? [] : [required(`${field}.exec.command`)]))],
    ['httpGet', httpGet && (() => validateHttpGet(httpGet, `${field}.httpGet`))],
    ['tcpSocket', tcpSocket && (() => validatePortReference(`${field}.tcpSocket.port`, tcpSocket.port))],
    ['grpc', grpc && (() => withinRange(`${field}.grpc.port`, grpc.port, 1, MAX_PORT))],
    ['sleep', sleep && (() => sleepErrors(sleep.seconds, grace, `${field}.sleep`))],
  ];
  const errors: FieldError[] = [];
  let found = 0;
  for (const [name, check] of checks) {
    if (!check) continue;
    found += 1;
    if (found > 1) errors.push(forbidden(`${field}.${name}`, 'may not specify more than 1 handler type'));
    else errors.push(...check());
  }
  if (found === 0) errors.push(required(field, 'must specify a handler type'));
  return errors;
}

function sleepErrors(seconds: number, grace: number | undefined, field: string): FieldError[] {
  if (grace === undefined || (seconds >= 0 && seconds <= grace)) return [];
  return [invalidValue(field, seconds, `must be non-negative and less than terminationGracePeriodSeconds (${grace})`)];
}

export function validateLifecycle(lifecycle: Lifecycle, grace: number | undefined, field: string): FieldError[] {
  return [
    ...(lifecycle.postStart ? validateHandler(lifecycle.postStart, grace, `${field}.postStart`) : []),
    ...(lifecycle.preStop ? validateHandler(lifecycle.preStop, grace, `${field}.preStop`) : []),
  ];
}

export type ProbeRole = 'livenessProbe' | 'readinessProbe' | 'startupProbe';

/**
 * A probe with the rules of its role: only a readiness probe may require several successes. `field` names the probe.
 */
export function validateProbe(probe: Probe, role: ProbeRole, grace: number | undefined, field: string): FieldError[] {
  const errors = [
    ...validateHandler(probe, grace, field),
    ...nonNegative(`${field}.initialDelaySeconds`, probe.initialDelaySeconds),
    ...nonNegative(`${field}.timeoutSeconds`, probe.timeoutSeconds),
    ...nonNegative(`${field}.periodSeconds`, probe.periodSeconds),
    ...nonNegative(`${field}.successThreshold`, probe.successThreshold),
    ...nonNegative(`${field}.failureThreshold`, probe.failureThreshold),
  ];
  const seconds = probe.terminationGracePeriodSeconds;
  if (seconds !== undefined && seconds <= 0) {
    errors.push(invalidValue(`${field}.terminationGracePeriodSeconds`, seconds, NOT_POSITIVE));
  }
  if (role === 'readinessProbe') {
    if (seconds !== undefined) {
      const detail = 'must not be set for readinessProbes';
      errors.push(invalidValue(`${field}.terminationGracePeriodSeconds`, seconds, detail));
    }
  } else if (probe.successThreshold !== undefined && probe.successThreshold !== 1) {
    errors.push(invalidValue(`${field}.successThreshold`, probe.successThreshold, 'must be 1'));
  }
  return errors;
}
