import type { Container, LifecycleHandler, Probe, ResourceRequirements } from '../kinds/api-types.js';
import { formatQuantity, milliValue, parseQuantity } from '../quantity/index.js';
import { defaultPullPolicy } from './image-name.js';

/**
 * Defaults of a container in a pod or a template (pkg/apis/core/v1 SetDefaults_Container and the functions it calls).
 * Ephemeral containers get the same.
 */
export function setContainerDefaults(container: Container): void {
  container.imagePullPolicy ||= defaultPullPolicy(container.image ?? '');
  container.terminationMessagePath ||= '/dev/termination-log';
  container.terminationMessagePolicy ||= 'File';
  for (const port of container.ports ?? []) port.protocol ||= 'TCP';
  for (const { valueFrom } of container.env ?? []) {
    if (valueFrom?.fieldRef) valueFrom.fieldRef.apiVersion ||= 'v1';
  }
  setProbeDefaults(container.livenessProbe);
  setProbeDefaults(container.readinessProbe);
  setProbeDefaults(container.startupProbe);
  setHandlerDefaults(container.lifecycle?.postStart);
  setHandlerDefaults(container.lifecycle?.preStop);
  container.resources ??= {};
  roundResources(container.resources);
}

function setProbeDefaults(probe: Probe | undefined): void {
  if (!probe) return;
  probe.timeoutSeconds ||= 1;
  probe.periodSeconds ||= 10;
  probe.successThreshold ||= 1;
  probe.failureThreshold ||= 3;
  if (probe.grpc) probe.grpc.service ??= '';
  setHandlerDefaults(probe);
}

function setHandlerDefaults(handler: Pick<LifecycleHandler, 'httpGet'> | undefined): void {
  if (!handler?.httpGet) return;
  handler.httpGet.path ||= '/';
  handler.httpGet.scheme ||= 'HTTP';
}

/** Amounts finer than a thousandth are rounded up to one (SetDefaults_ResourceList). */
export function roundResources({ limits, requests }: ResourceRequirements): void {
  for (const list of [limits, requests]) {
    if (!list) continue;
    for (const [name, amount] of Object.entries(list)) list[name] = roundedToMilli(amount);
  }
}

function roundedToMilli(amount: string): string {
  if (/^\d+(?:m|[kMGTPE]?i?)$/.test(amount)) return amount;
  const quantity = parseQuantity(amount);
  if (quantity.nanos % 10n ** 6n === 0n) return amount;
  return formatQuantity({ nanos: milliValue(quantity) * 10n ** 6n, format: quantity.format });
}
