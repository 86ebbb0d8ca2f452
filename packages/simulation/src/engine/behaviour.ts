import type { AssignedPod } from '@everynode/kubelet';
import { controllerOf, matchesRequirements, parseLabelSelector } from '@everynode/objects';
import type { Delay, SimulationSettings } from '@everynode/pod-runtime/simulated';
import type { ScenarioBehaviour } from '../scenario/schema.js';
import { delayOf, spanMs } from '../scenario/spans.js';
import { NO_DELAYS } from './virtual-agents.js';

/** A rule of a scenario, compiled: what it says of the pods that it is about. */
interface Rule {
  isAbout(pod: AssignedPod, labels: Readonly<Record<string, string>>, nowMs: number): boolean;
  says: Partial<SimulationSettings>;
}

/** Says how pods behave: of the rules that are about a pod, the last one that says something counts. */
export class Behaviour {
  readonly #rules: readonly Rule[];
  readonly #defaults: SimulationSettings;

  constructor(rules: readonly ScenarioBehaviour[], defaults: Partial<SimulationSettings> = {}) {
    this.#rules = rules.map(compileRule);
    this.#defaults = { ...NO_DELAYS, ...defaults };
  }

  /** `labels` are those of the pod's node; `nowMs` counts from the start of the simulation. */
  settingsOf(pod: AssignedPod, labels: Readonly<Record<string, string>>, nowMs: number): SimulationSettings {
    let settings = this.#defaults;
    for (const { isAbout, says } of this.#rules) {
      if (isAbout(pod, labels, nowMs)) settings = { ...settings, ...says };
    }
    return settings;
  }
}

function compileRule(rule: ScenarioBehaviour): Rule {
  const { daemonSet, image, nodes, from, until, failure } = rule;
  const requirements = nodes === undefined ? undefined : parseLabelSelector(nodes);
  const isImage = image === undefined ? undefined : globTest(image);
  const fromMs = from === undefined ? Number.NEGATIVE_INFINITY : spanMs(from);
  const untilMs = until === undefined ? Number.POSITIVE_INFINITY : spanMs(until);
  return {
    isAbout: ({ metadata, spec }, labels, nowMs) =>
      nowMs >= fromMs &&
      nowMs < untilMs &&
      (daemonSet === undefined || isOf(daemonSet, metadata)) &&
      (requirements === undefined || matchesRequirements(requirements, labels)) &&
      (isImage === undefined || spec.containers.some((container) => isImage(container.image ?? ''))),
    says: {
      ...delay('start', rule.start),
      ...delay('ready', rule.ready),
      ...delay('stop', rule.stop),
      ...(failure && { failure: failure.kind, failureRate: failure.rate }),
    },
  };
}

function isOf(wanted: string, metadata: AssignedPod['metadata']): boolean {
  const owner = controllerOf(metadata);
  if (owner?.kind !== 'DaemonSet') return false;
  return wanted === owner.name || wanted === `${metadata.namespace}/${owner.name}`;
}

function delay(
  what: 'start' | 'ready' | 'stop',
  latency: ScenarioBehaviour['start'],
): Partial<Record<typeof what, Delay>> {
  const known = latency === undefined ? undefined : delayOf(latency);
  return known ? { [what]: known } : {};
}

/** A test for a text in which `*` stands for any text. */
function globTest(pattern: string): (text: string) => boolean {
  const escaped = pattern.split('*').map((part) => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&'));
  const whole = new RegExp(`^${escaped.join('.*')}$`);
  return (text) => whole.test(text);
}
