import {
  type DaemonSet,
  isPodReady,
  type Node,
  type Pod,
  type PodSpec,
  type Taint,
  type Toleration,
} from '@everynode/objects';
import { targetNodeOf } from '../placement/node-affinity.js';
import { daemonPodTemplate } from '../pods/daemon-pod.js';
import { revisionHash } from '../revision.js';
import { decideRollout } from '../rollout/rollout-decision.js';
import { ledgerOf, nameOf } from './cluster-vectors.js';

interface Step {
  reconcile?: { creates: number; deletes: number };
  markAllPodsReady?: boolean;
  setTemplateImage?: string;
  setStrategy?: NonNullable<DaemonSet['spec']>['updateStrategy'];
  setTolerations?: Toleration[];
  deletePodOnNode?: string;
  expectReadyPods?: number;
  expectPodsWithImage?: Record<string, number> | { image: string; count: number };
}

/** Runs steps on a cluster in which a created pod exists at once, not ready, and a deleted pod is gone at once. */
export function sequence(
  given: {
    nodes: number;
    updateStrategy: NonNullable<DaemonSet['spec']>['updateStrategy'];
    nodeTaints?: Record<string, Taint[]> | Taint[];
    tolerations?: Toleration[];
  },
  expected: { steps: Step[] },
) {
  const taintsOf = (name: string): Taint[] =>
    Array.isArray(given.nodeTaints) ? given.nodeTaints : (given.nodeTaints?.[name] ?? []);
  const nodes = Array.from({ length: given.nodes }, (_, i): Node => {
    const name = `node-${i}`;
    return { metadata: { name }, spec: { taints: taintsOf(name) } };
  });
  const podSpec: PodSpec = { containers: [{ name: 'app', image: 'v1' }], tolerations: given.tolerations ?? [] };
  const daemonSet: DaemonSet = {
    metadata: { name: 'foo', namespace: 'default', uid: 'foo-uid' },
    spec: {
      selector: { matchLabels: { name: 'foo' } },
      template: { metadata: { labels: { name: 'foo' } }, spec: podSpec },
      ...(given.updateStrategy && { updateStrategy: given.updateStrategy }),
    },
  };
  let pods: Pod[] = [];
  let serial = 0;
  const steps = expected.steps.map((step): Step => {
    if (step.setTemplateImage !== undefined) (podSpec.containers[0] ?? { image: '' }).image = step.setTemplateImage;
    if (step.setTolerations) podSpec.tolerations = step.setTolerations;
    if (step.setStrategy && daemonSet.spec) daemonSet.spec.updateStrategy = step.setStrategy;
    if (step.deletePodOnNode !== undefined) pods = pods.filter((pod) => targetNodeOf(pod) !== step.deletePodOnNode);
    if (step.markAllPodsReady) {
      pods = pods.map((pod) => ({
        ...pod,
        status: { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] },
      }));
    }
    if (step.expectReadyPods !== undefined) return { expectReadyPods: pods.filter(isPodReady).length };
    if (step.expectPodsWithImage !== undefined) return withImages(step.expectPodsWithImage, pods);
    if (!step.reconcile) return step;
    const currentHash = revisionHash(daemonSet);
    const template = daemonPodTemplate(daemonSet, currentHash);
    const done = { creates: 0, deletes: 0 };
    const apply = (createOn: string[], deletes: Pod[]): void => {
      const gone = new Set(deletes.map(nameOf));
      pods = pods.filter((pod) => !gone.has(nameOf(pod)));
      for (const node of createOn) {
        serial += 1;
        pods.push(template.podOn(node, `pod-${serial}`));
      }
      done.creates += createOn.length;
      done.deletes += gone.size;
    };
    const cluster = () => ({ daemonSet, nodes, pods, currentHash });
    const managed = [...ledgerOf(cluster()).nodes()];
    apply(
      managed.flatMap(([node, { create }]) => (create ? [node] : [])),
      managed.flatMap(([, { deletes }]) => deletes.map(({ pod }) => pod)),
    );
    const rolled = decideRollout(ledgerOf(cluster()), daemonSet.spec?.updateStrategy);
    apply(
      rolled.createOn,
      rolled.deletes.map(({ pod }) => pod),
    );
    return { reconcile: done };
  });
  return { steps };
}

function withImages(wanted: NonNullable<Step['expectPodsWithImage']>, pods: Pod[]): Step {
  const count = (image: string): number => pods.filter((pod) => pod.spec?.containers[0]?.image === image).length;
  if ('image' in wanted && typeof wanted.image === 'string') {
    return { expectPodsWithImage: { image: wanted.image, count: count(wanted.image) } };
  }
  return { expectPodsWithImage: Object.fromEntries(Object.keys(wanted).map((image) => [image, count(image)])) };
}
