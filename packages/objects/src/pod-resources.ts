import type { Container, PodSpec, ResourceRequirements } from './kinds/api-types.js';
import { addQuantities, parseQuantity, type Quantity } from './quantity/quantity.js';

/** How amounts of one resource are added and compared. */
export interface Arithmetic<A> {
  add(a: A, b: A): A;
  max(a: A, b: A): A;
}

type Amounts<A> = Map<string, A>;

const isSidecar = ({ restartPolicy }: Container): boolean => restartPolicy === 'Always';

/**
 * What a pod needs at most at one time: the sum of its containers and sidecars, or more while an init container runs
 * beside the sidecars that were started before it. What is said of the pod as a whole comes before that, and its
 * overhead is added to all. `amountsIn` reads the amounts of one container, or of the pod.
 * Source: k8s.io/component-helpers/resource, PodRequests, PodLimits.
 */
export function sumOfPod<A>(
  spec: PodSpec,
  amountsIn: (resources: ResourceRequirements | undefined) => Amounts<A>,
  overhead: Amounts<A>,
  { add, max }: Arithmetic<A>,
): Amounts<A> {
  const merge = (total: Amounts<A>, more: Amounts<A>, how: (a: A, b: A) => A): void => {
    for (const [name, amount] of more) {
      const before = total.get(name);
      total.set(name, before === undefined ? amount : how(before, amount));
    }
  };
  const total: Amounts<A> = new Map();
  for (const { resources } of spec.containers ?? []) merge(total, amountsIn(resources), add);
  const sidecars: Amounts<A> = new Map();
  const atInit: Amounts<A> = new Map();
  for (const container of spec.initContainers ?? []) {
    const now = new Map(amountsIn(container.resources));
    if (isSidecar(container)) {
      merge(sidecars, now, add);
      merge(atInit, sidecars, max);
    } else {
      merge(now, sidecars, add);
      merge(atInit, now, max);
    }
  }
  merge(total, sidecars, add);
  merge(total, atInit, max);
  for (const [name, amount] of amountsIn(spec.resources)) total.set(name, amount);
  merge(total, overhead, add);
  return total;
}

const QUANTITIES: Arithmetic<Quantity> = {
  add: addQuantities,
  max: (a, b) => (b.nanos > a.nanos ? b : a),
};

/** Reads a map of quantities. Values are canonical, so they can be read. */
export function quantitiesOf(values: Readonly<Record<string, string | number>> | undefined): Map<string, Quantity> {
  return new Map(Object.entries(values ?? {}).map(([name, value]) => [name, parseQuantity(value)]));
}

/** The requests or the limits of a pod as a whole. Overhead counts towards a limit only where there is one. */
export function podQuantities(spec: PodSpec, which: 'requests' | 'limits'): Map<string, Quantity> {
  const overhead = quantitiesOf(spec.overhead);
  const amountsIn = (resources: ResourceRequirements | undefined) => quantitiesOf(resources?.[which]);
  if (which === 'requests') return sumOfPod(spec, amountsIn, overhead, QUANTITIES);
  const limits = sumOfPod(spec, amountsIn, new Map(), QUANTITIES);
  for (const [name, amount] of limits) {
    const more = overhead.get(name);
    if (more) limits.set(name, QUANTITIES.add(amount, more));
  }
  return limits;
}
