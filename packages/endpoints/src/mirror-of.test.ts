import type { EndpointSlice, Endpoints, Stored } from '@everynode/objects';
import { describe, expect, it } from 'vitest';
import { isMirrored, MIRRORING_CONTROLLER, mirrorOf } from './mirror-of.js';

const endpoints = (subsets: Endpoints['subsets'], metadata: object = {}): Stored<Endpoints> => ({
  apiVersion: 'v1',
  kind: 'Endpoints',
  metadata: { name: 'e', namespace: 'default', uid: 'e', creationTimestamp: '2026-01-01T00:00:00Z', ...metadata },
  subsets: subsets ?? [],
});
const https = [{ name: 'https', port: 443, protocol: 'TCP' }];

describe('the mirror of Endpoints', () => {
  it('has a slice for each family and ports, with what clients wrote', () => {
    const { create } = mirrorOf(
      endpoints(
        [
          {
            addresses: [{ ip: '10.0.0.1', nodeName: 'n' }],
            notReadyAddresses: [{ ip: '10.0.0.1' }, { ip: '10.0.0.2' }],
            ports: https,
          },
          { addresses: [{ ip: 'fd00::1' }], ports: https },
          { addresses: [{ ip: '10.0.0.1' }] },
        ],
        { labels: { a: 'b' }, annotations: { x: 'y', 'kubectl.kubernetes.io/last-applied-configuration': '{}' } },
      ),
      [],
    );
    const labels = {
      a: 'b',
      'kubernetes.io/service-name': 'e',
      'endpointslice.kubernetes.io/managed-by': MIRRORING_CONTROLLER,
    };
    const annotations = { x: 'y' };
    const of = (addressType: string, ports: object[], all: object[]) => ({
      addressType,
      labels,
      annotations,
      ports,
      endpoints: all,
    });
    expect(create).toEqual([
      of('IPv4', https, [
        { addresses: ['10.0.0.1'], conditions: { ready: true }, nodeName: 'n' },
        { addresses: ['10.0.0.2'], conditions: { ready: false } },
      ]),
      of('IPv6', https, [{ addresses: ['fd00::1'], conditions: { ready: true } }]),
      of('IPv4', [], [{ addresses: ['10.0.0.1'], conditions: { ready: true } }]),
    ]);
  });

  it('has every address of a pod that the client names for several', () => {
    const targetRef = { kind: 'Pod', name: 'p', namespace: 'default', uid: 'p' };
    const addresses = ['10.0.0.1', '10.0.0.2'].map((ip) => ({ ip, targetRef }));
    const [slice] = mirrorOf(endpoints([{ addresses, ports: https }]), []).create;
    expect(slice?.endpoints?.flatMap((endpoint) => endpoint.addresses)).toEqual(['10.0.0.1', '10.0.0.2']);
  });

  it('is changed in place, and goes with what it mirrors', () => {
    const one = endpoints([{ addresses: [{ ip: '10.0.0.1' }], ports: https }]);
    const [content] = mirrorOf(one, []).create;
    const { labels, annotations, ...rest } = content ?? {};
    const slice = {
      ...rest,
      metadata: { ...one.metadata, name: 'e-1', labels, annotations },
    } as unknown as Stored<EndpointSlice>;
    expect(mirrorOf(one, [slice])).toEqual({ create: [], update: [], remove: [] });
    const other = mirrorOf(endpoints([{ addresses: [{ ip: '10.0.0.2' }], ports: https }]), [slice]);
    expect([other.create, other.update.length, other.remove]).toEqual([[], 1, []]);
    expect(mirrorOf(endpoints([]), [slice]).remove).toEqual([slice]);
  });

  it.each([
    [{}, true],
    [{ labels: { 'endpointslice.kubernetes.io/skip-mirror': 'true' } }, false],
    [{ annotations: { 'control-plane.alpha.kubernetes.io/leader': '{}' } }, false],
  ])('is made of Endpoints with %j: %s', (metadata, is) => {
    expect(isMirrored(endpoints([], metadata))).toBe(is);
  });
});
