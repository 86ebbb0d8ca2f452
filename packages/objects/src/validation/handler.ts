import type { FieldError } from '../field-error.js';
import type { ExecAction, HTTPGetAction, IntOrString, Lifecycle, LifecycleHandler, Probe } from '../kinds/api-types.js';
import {
  forbidden,
  invalidFor,
  invalidValue,
  NOT_POSITIVE,
  nonNegative,
  oneOf,
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

function validateHttpGet(action: HTTPGetAction, field: string): FieldError[] {
  return [
    ...(action.path ? [] : [required(`${field}.path`)]),
    ...validatePortReference(`${field}.port`, action.port),
    ...oneOf(`${field}.scheme`, action.scheme, ['HTTP', 'HTTPS']),
    ...(action.httpHeaders ?? []).flatMap(({ name }, index) =>
      /^[-A-Za-z0-9]+$/.test(name) ? [] : [invalidValue(`${field}.httpHeaders[${index}].name`, name, HEADER_MESSAGE)],
    ),
  ];
}

const HEADER_MESSAGE =
  "a valid HTTP header must consist of alphanumeric characters or '-' (e.g. 'X-Header-Name', regex used for validation is '[-A-Za-z0-9]+')";

function validateExec(action: ExecAction, field: string): FieldError[] {
  return action.command?.length ? [] : [required(`${field}.command`)];
}

interface Handler extends LifecycleHandler {
  grpc?: { port: number };
}

/** Exactly one action, and well-formed. */
function validateHandler(handler: Handler, field: string): FieldError[] {
  const { exec, httpGet, tcpSocket, grpc, sleep } = handler;
  const checks: [string, (() => FieldError[]) | undefined][] = [
    ['exec', exec && (() => validateExec(exec, `${field}.exec`))],
    ['httpGet', httpGet && (() => validateHttpGet(httpGet, `${field}.httpGet`))],
    ['tcpSocket', tcpSocket && (() => validatePortReference(`${field}.tcpSocket.port`, tcpSocket.port))],
    ['grpc', grpc && (() => withinRange(`${field}.grpc.port`, grpc.port, 1, MAX_PORT))],
    ['sleep', sleep && (() => nonNegative(`${field}.sleep.seconds`, sleep.seconds))],
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

export function validateLifecycle(lifecycle: Lifecycle, field: string): FieldError[] {
  return [
    ...(lifecycle.postStart ? validateHandler(lifecycle.postStart, `${field}.postStart`) : []),
    ...(lifecycle.preStop ? validateHandler(lifecycle.preStop, `${field}.preStop`) : []),
  ];
}

export type ProbeRole = 'livenessProbe' | 'readinessProbe' | 'startupProbe';

/**
 * A probe with the rules of its role: only a readiness probe may require several successes. `field` names the probe.
 */
export function validateProbe(probe: Probe, role: ProbeRole, field: string): FieldError[] {
  const errors = [
    ...validateHandler(probe, field),
    ...nonNegative(`${field}.initialDelaySeconds`, probe.initialDelaySeconds),
    ...nonNegative(`${field}.timeoutSeconds`, probe.timeoutSeconds),
    ...nonNegative(`${field}.periodSeconds`, probe.periodSeconds),
    ...nonNegative(`${field}.successThreshold`, probe.successThreshold),
    ...nonNegative(`${field}.failureThreshold`, probe.failureThreshold),
  ];
  const grace = probe.terminationGracePeriodSeconds;
  if (grace !== undefined && grace <= 0) {
    errors.push(invalidValue(`${field}.terminationGracePeriodSeconds`, grace, NOT_POSITIVE));
  }
  if (role === 'readinessProbe') {
    if (grace !== undefined) {
      const detail = 'must not be set for readinessProbes';
      errors.push(invalidValue(`${field}.terminationGracePeriodSeconds`, grace, detail));
    }
  } else if (probe.successThreshold !== undefined && probe.successThreshold !== 1) {
    errors.push(invalidValue(`${field}.successThreshold`, probe.successThreshold, 'must be 1'));
  }
  return errors;
}
