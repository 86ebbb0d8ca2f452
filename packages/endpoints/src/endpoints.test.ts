import type { EndpointSlice, Service, Stored } from '@everynode/objects';
import { describe, expect, it } from 'vitest';
import { endpointsOf } from './endpoints-of.js';
import type { ServedPod } from './served-pod.js';
import { type SliceContent, slicesOf } from './slices-of.js';

const service = (
  spec: Partial<NonNullable<Service['spec']>> = {},
  labels?: Record<string, string>,
): Stored<Service> => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name: 'web', namespace: 'default', uid: 's', creationTimestamp: '', ...(labels && { labels }) },
  spec: {
    selector: { app: 'web' },
    ipFamilies: ['IPv4'],
    ports: [{ name: 'http', port: 80, protocol: 'TCP', targetPort: 'http' }],
    ...spec,
  },
});

const pod = (id: number, facts: Partial<ServedPod> = {}): ServedPod => ({
  uid: `u${id}`,
  name: `p${id}`,
  namespace: 'default',
  ips: [`10.0.${id >> 8}.${id & 255}`],
  nodeName: 'a',
  zone: 'z',
  hostname: undefined,
  subdomain: undefined,
  isReady: true,
  isTerminating: false,
  ports: [{ name: 'http', port: 8080, protocol: 'TCP' }],
  ...facts,
});

const many = (count: number, from = 0) => Array.from({ length: count }, (_, i) => pod(from + i));

const stored = (content: SliceContent, name: string): Stored<EndpointSlice> =>
  ({
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { name, namespace: 'default', uid: name, creationTimestamp: '', labels: content.labels },
    ...content,
  }) as unknown as Stored<EndpointSlice>;

/** The slices after a plan, as the next one finds them. */
function applied(existing: Stored<EndpointSlice>[], plan: ReturnType<typeof slicesOf>): Stored<EndpointSlice>[] {
  const kept = existing.filter((slice) => !plan.remove.includes(slice));
  const updated = kept.map((slice) => {
    const change = plan.update.find((one) => one.slice === slice);
    return change ? stored(change.content, slice.metadata.name) : slice;
  });
  return [...updated, ...plan.create.map((content, i) => stored(content, `new-${existing.length}-${i}`))];
}

const sizes = (slices: readonly Stored<EndpointSlice>[]) =>
  slices.map(({ endpoints }) => endpoints?.length ?? 0).sort();

describe('the slices of a service', () => {
  it('say where pods are and what they may be used for', () => {
    const pods = [pod(1), pod(2, { isReady: false }), pod(3, { isTerminating: true })];
    const { create } = slicesOf(service({}, { team: 'x' }), pods, []);
    expect(create).toHaveLength(1);
    expect(create[0]).toMatchObject({
      addressType: 'IPv4',
      labels: {
        team: 'x',
        'kubernetes.io/service-name': 'web',
        'endpointslice.kubernetes.io/managed-by': 'endpointslice-controller.k8s.io',
      },
      ports: [{ name: 'http', port: 8080, protocol: 'TCP' }],
    });
    expect(create[0]?.endpoints?.[0]).toEqual({
      addresses: ['10.0.0.1'],
      conditions: { ready: true, serving: true, terminating: false },
      nodeName: 'a',
      zone: 'z',
      targetRef: { kind: 'Pod', namespace: 'default', name: 'p1', uid: 'u1' },
    });
    expect(create[0]?.endpoints?.map(({ conditions }) => conditions)).toEqual([
      { ready: true, serving: true, terminating: false },
      { ready: false, serving: false, terminating: false },
      { ready: false, serving: true, terminating: true },
    ]);
  });

  it('hold a hundred endpoints each, and change as few of them as they can', () => {
    const first = applied([], slicesOf(service(), many(250), []));
    expect(sizes(first)).toEqual([100, 100, 50]);
    expect(slicesOf(service(), many(250), first)).toEqual({ create: [], update: [], remove: [] });
    const fewer = slicesOf(service(), many(249, 1), first);
    expect([fewer.create.length, fewer.update.length, fewer.remove.length]).toEqual([0, 1, 0]);
    const more = slicesOf(service(), many(260), first);
    expect([more.create.length, more.update.length]).toEqual([0, 1]);
    expect(sizes(applied(first, more))).toEqual([100, 100, 60]);
  });

  it('are one without endpoints where no pod is selected', () => {
    const full = applied([], slicesOf(service(), many(3), []));
    const emptied = applied(full, slicesOf(service(), [], full));
    expect(emptied.map(({ ports, endpoints }) => [ports, endpoints])).toEqual([[null, null]]);
    expect(slicesOf(service(), [], emptied)).toEqual({ create: [], update: [], remove: [] });
    expect(sizes(applied(emptied, slicesOf(service(), many(2), emptied)))).toEqual([2]);
  });

  it('are as many as there are sets of ports, and families of addresses', () => {
    const other = pod(2, { ports: [{ name: 'http', port: 9090, protocol: 'TCP' }] });
    const both = slicesOf(service({ ipFamilies: ['IPv4', 'IPv6'] }), [pod(1), other, pod(3, { ips: ['fd00::1'] })], []);
    expect(both.create.map(({ addressType, ports }) => [addressType, ports?.[0]?.port])).toEqual([
      ['IPv4', 8080],
      ['IPv4', 9090],
      ['IPv6', 8080],
    ]);
  });
});

describe('the Endpoints of a service', () => {
  const ref = (id: number) => ({ kind: 'Pod', namespace: 'default', name: `p${id}`, uid: `u${id}` });
  const address = (id: number) => ({ ip: `10.0.0.${id}`, nodeName: 'a', targetRef: ref(id) });
  const ports = [{ name: 'http', port: 8080, protocol: 'TCP' }];

  it.each<[what: string, spec: Partial<NonNullable<Service['spec']>>, pods: ServedPod[], subsets: object[]]>([
    [
      'ready, not ready and terminating pods',
      {},
      [pod(2), pod(1), pod(3, { isReady: false }), pod(4, { isTerminating: true })],
      [{ addresses: [address(1), address(2)], notReadyAddresses: [address(3)], ports }],
    ],
    [
      'pods that are published before they are ready',
      { publishNotReadyAddresses: true },
      [pod(3, { isReady: false })],
      [{ addresses: [address(3)], ports }],
    ],
    ['a pod without the port', {}, [pod(1, { ports: [] })], []],
    ['a headless service without ports', { clusterIP: 'None', ports: [] }, [pod(1)], [{ addresses: [address(1)] }]],
    [
      'a pod with a name below the service',
      { clusterIP: 'None' },
      [pod(1, { hostname: 'h', subdomain: 'web' })],
      [{ addresses: [{ ...address(1), hostname: 'h' }], ports }],
    ],
  ])('%s', (_what, spec, pods, subsets) =>
    expect(endpointsOf(service(spec), pods, undefined).subsets).toEqual(subsets),
  );

  it('have labels of their own, keep the annotations of others, and say when they are cut', () => {
    const before = { metadata: { annotations: { a: 'b' } } };
    const cut = endpointsOf(service({ clusterIP: 'None' }), many(1001), before);
    expect(cut.labels).toEqual({
      'endpoints.kubernetes.io/managed-by': 'endpoint-controller',
      'service.kubernetes.io/headless': '',
    });
    expect(cut.annotations).toEqual({ a: 'b', 'endpoints.kubernetes.io/over-capacity': 'truncated' });
    expect(cut.subsets[0]?.addresses).toHaveLength(1000);
    const again = endpointsOf(service(), many(2), { metadata: { annotations: cut.annotations } });
    expect(again.annotations).toEqual({ a: 'b' });
  });
});
