import type { KubeObject } from '../kube-object.js';

interface FlowSpec {
  matchingPrecedence?: number;
}

interface Limited {
  nominalConcurrencyShares?: number;
  lendablePercent?: number;
  limitResponse?: { queuing?: { queues?: number; handSize?: number; queueLengthLimit?: number } };
}

interface PrioritySpec {
  exempt?: { nominalConcurrencyShares?: number; lendablePercent?: number };
  limited?: Limited;
}

/** pkg/apis/flowcontrol/v1 SetDefaults_FlowSchemaSpec. */
export function setFlowSchemaDefaults(object: KubeObject): void {
  const spec = object.spec as FlowSpec | undefined;
  if (spec) spec.matchingPrecedence ||= 1000;
}

/** pkg/apis/flowcontrol/v1 SetDefaults_{Exempt,Limited}PriorityLevelConfiguration, SetDefaults_QueuingConfiguration. */
export function setPriorityLevelDefaults(object: KubeObject): void {
  const { exempt, limited } = (object.spec ?? {}) as PrioritySpec;
  if (exempt) {
    exempt.nominalConcurrencyShares ??= 0;
    exempt.lendablePercent ??= 0;
  }
  if (!limited) return;
  limited.nominalConcurrencyShares ??= 30;
  limited.lendablePercent ??= 0;
  const queuing = limited.limitResponse?.queuing;
  if (!queuing) return;
  queuing.handSize ||= 8;
  queuing.queues ||= 64;
  queuing.queueLengthLimit ||= 50;
}
