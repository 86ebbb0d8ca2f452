import { propertyRuns } from '@everynode/test-kit/property-runs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { deepFreeze } from '../../fixtures/expect-refusal.js';
import { DAEMON_SET, lookupType, NODE, POD } from '../../fixtures/schema.js';
import { diffStrategicMerge, threeWayMergePatch } from '../../fixtures/strategic-diff.js';
import { applyStrategicMergePatch } from './merge-map.js';

const named = (...names: string[]): { name: string }[] => names.map((name) => ({ name }));

describe('diffStrategicMerge', () => {
  const diffPod = (original: object, modified: object): unknown =>
    diffStrategicMerge(deepFreeze({ spec: original }), deepFreeze({ spec: modified }), POD, lookupType);

  it.each([
    ['nothing for equal objects', { containers: named('a') }, { containers: named('a') }, {}],
    ['a changed scalar', { hostNetwork: true }, { hostNetwork: false }, { spec: { hostNetwork: false } }],
    ['null for what is gone', { hostNetwork: true, nodeName: 'n' }, { nodeName: 'n' }, { spec: { hostNetwork: null } }],
    [
      'only the change of an item, with its key and the order',
      { containers: [{ name: 'a', image: '1', stdin: true }, { name: 'b' }] },
      { containers: [{ name: 'a', image: '2', stdin: true }, { name: 'b' }] },
      { spec: { containers: [{ name: 'a', image: '2' }], '$setElementOrder/containers': named('a', 'b') } },
    ],
    [
      'added and deleted items',
      { containers: named('a', 'b') },
      { containers: named('b', 'c') },
      {
        spec: {
          containers: [{ name: 'c' }, { name: 'a', $patch: 'delete' }],
          '$setElementOrder/containers': named('b', 'c'),
        },
      },
    ],
    [
      'a changed order alone',
      { containers: named('a', 'b') },
      { containers: named('b', 'a') },
      { spec: { '$setElementOrder/containers': named('b', 'a') } },
    ],
    [
      'the keys of a volume to retain',
      { volumes: [{ name: 'v', hostPath: { path: '/' } }] },
      { volumes: [{ name: 'v', emptyDir: {} }] },
      {
        spec: {
          volumes: [{ name: 'v', emptyDir: {}, hostPath: null, $retainKeys: ['emptyDir', 'name'] }],
          '$setElementOrder/volumes': named('v'),
        },
      },
    ],
    [
      'an atomic list whole',
      { tolerations: [{ key: 'a' }] },
      { tolerations: [{ key: 'a' }, { key: 'b' }] },
      { spec: { tolerations: [{ key: 'a' }, { key: 'b' }] } },
    ],
    [
      'a list whole when keys repeat',
      {
        hostAliases: [
          { ip: '1', hostnames: ['x'] },
          { ip: '1', hostnames: ['y'] },
        ],
      },
      { hostAliases: [{ ip: '1', hostnames: ['z'] }] },
      { spec: { hostAliases: [{ $patch: 'replace' }, { ip: '1', hostnames: ['z'] }] } },
    ],
  ])('gives %s', (_title, original, modified, expected) => {
    expect(diffPod(original, modified)).toEqual(expected);
  });

  it('gives additions, deletions and order of primitives', () => {
    const patch = diffStrategicMerge(
      { metadata: { finalizers: ['a', 'b'] } },
      { metadata: { finalizers: ['c', 'b'] } },
      POD,
      lookupType,
    );
    expect(patch).toEqual({
      metadata: {
        finalizers: ['c'],
        '$deleteFromPrimitiveList/finalizers': ['a'],
        '$setElementOrder/finalizers': ['c', 'b'],
      },
    });
  });
});

const text = fc.constantFrom('a', 'b', 'c', 'd');
const optional = { requiredKeys: [] as [] };
const keyed = <T>(item: fc.Arbitrary<T>, key: keyof T): fc.Arbitrary<T[]> =>
  fc.uniqueArray(item, { selector: (value) => value[key], maxLength: 4 });

const port = fc.record(
  { containerPort: fc.constantFrom(53, 80, 443), protocol: fc.constantFrom('TCP', 'UDP'), name: text },
  { requiredKeys: ['containerPort', 'protocol'] },
);
const container = fc.record(
  {
    name: text,
    image: text,
    args: fc.array(text, { maxLength: 3 }),
    // Unique as validation has it, by port and protocol; the merge key is the port alone, so keys may repeat.
    ports: fc.uniqueArray(port, { selector: (value) => `${value.containerPort}/${value.protocol}`, maxLength: 4 }),
    env: keyed(fc.record({ name: text, value: text }, { requiredKeys: ['name'] }), 'name'),
    resources: fc.record({ limits: fc.dictionary(text, text), requests: fc.dictionary(text, text) }, optional),
    securityContext: fc.record({ privileged: fc.boolean() }, optional),
  },
  { requiredKeys: ['name'] },
);
const volume = fc
  .tuple(
    text,
    fc.oneof(
      fc.record({ emptyDir: fc.record({ medium: text }, optional) }),
      fc.record({ hostPath: fc.record({ path: text, type: text }, { requiredKeys: ['path'] }) }),
      fc.record({ configMap: fc.record({ name: text, optional: fc.boolean() }, optional) }),
    ),
  )
  .map(([name, source]) => ({ name, ...source }));
const podSpec = fc.record(
  {
    containers: keyed(container, 'name'),
    initContainers: keyed(container, 'name'),
    volumes: keyed(volume, 'name'),
    tolerations: fc.array(fc.record({ key: text, value: text }, optional), { maxLength: 3 }),
    nodeSelector: fc.dictionary(text, text),
    hostNetwork: fc.boolean(),
    imagePullSecrets: keyed(fc.record({ name: text }), 'name'),
  },
  optional,
);
const metadata = fc.record(
  {
    labels: fc.dictionary(text, text),
    annotations: fc.dictionary(text, text),
    finalizers: fc.uniqueArray(text),
    ownerReferences: keyed(
      fc.record({ uid: text, name: text, controller: fc.boolean() }, { requiredKeys: ['uid'] }),
      'uid',
    ),
  },
  optional,
);
const conditions = keyed(
  fc.record({ type: text, status: text, reason: text }, { requiredKeys: ['type', 'status'] }),
  'type',
);
const kinds: [string, string, fc.Arbitrary<object>][] = [
  ['pods', POD, fc.record({ metadata, spec: podSpec, status: fc.record({ conditions }, optional) }, optional)],
  [
    'daemon sets',
    DAEMON_SET,
    fc.record(
      {
        metadata,
        spec: fc.record(
          {
            selector: fc.record({ matchLabels: fc.dictionary(text, text) }, optional),
            template: fc.record({ metadata, spec: podSpec }, optional),
            updateStrategy: fc.record(
              {
                type: text,
                rollingUpdate: fc.record({ maxUnavailable: fc.oneof(fc.nat(9), fc.constant('10%')) }, optional),
              },
              optional,
            ),
          },
          optional,
        ),
        status: fc.record({ conditions, numberReady: fc.nat(9) }, optional),
      },
      optional,
    ),
  ],
  [
    'nodes',
    NODE,
    fc.record(
      {
        metadata,
        spec: fc.record(
          {
            podCIDRs: fc.uniqueArray(text),
            taints: fc.array(fc.record({ key: text, effect: text }), { maxLength: 3 }),
          },
          optional,
        ),
        status: fc.record({ conditions, capacity: fc.dictionary(text, text) }, optional),
      },
      optional,
    ),
  ],
];

/** True when a list of ports anywhere in the value has one containerPort twice. */
function repeatsPorts(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  const ports = Array.isArray(value)
    ? value.flatMap((item: { containerPort?: number }) => item?.containerPort ?? [])
    : [];
  return new Set(ports).size < ports.length || Object.values(value).some(repeatsPorts);
}

/** As a server decodes a result: an item that the patch adds keeps its nulls and directives until then, as upstream. */
function decoded(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(decoded);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).filter(([key, inner]) => inner !== null && !key.startsWith('$'));
  return Object.fromEntries(entries.map(([key, inner]) => [key, decoded(inner)]));
}

describe.each(kinds)('properties over %s', (_title, typeName, object) => {
  const apply = (target: object, patch: object): unknown =>
    decoded(applyStrategicMergePatch(deepFreeze(target), deepFreeze(patch), typeName, lookupType));

  it('apply(a, diff(a, b)) is b', () => {
    fc.assert(
      fc.property(object, object, (a, b) => {
        expect(apply(a, diffStrategicMerge(deepFreeze(a), deepFreeze(b), typeName, lookupType))).toEqual(b);
      }),
      propertyRuns(300),
    );
  });

  it('diff(a, a) is empty', () => {
    fc.assert(
      fc.property(object, (a) => {
        expect(diffStrategicMerge(a, structuredClone(a), typeName, lookupType)).toEqual({});
      }),
    );
  });

  it('a patch applied twice is a patch applied once', () => {
    fc.assert(
      fc.property(object, object, object, (a, b, other) => {
        const patch = diffStrategicMerge(a, b, typeName, lookupType);
        // With upstream, too, a list of ports that an item brings along merges with itself the second time.
        fc.pre(!repeatsPorts(patch));
        const raw = applyStrategicMergePatch(other, patch, typeName, lookupType);
        // With upstream, too, the directives that an added item brings along act only the second time.
        fc.pre(!JSON.stringify(raw).includes('"$'));
        const once = decoded(raw) as object;
        expect(apply(once, patch)).toEqual(once);
      }),
    );
  });

  it('a three-way patch onto an unchanged object is a two-way patch', () => {
    fc.assert(
      fc.property(object, object, (a, b) => {
        const patch = threeWayMergePatch(a, b, a, typeName, lookupType);
        expect(apply(a, patch)).toEqual(b);
      }),
    );
  });
});

describe('threeWayMergePatch', () => {
  it('keeps what others added, takes away what was applied before, overwrites what others changed', () => {
    const applied = {
      metadata: { labels: { a: '1', b: '1' } },
      spec: { containers: [{ name: 'x', image: '1' }, { name: 'y' }] },
    };
    const wanted = {
      metadata: { labels: { a: '2' } },
      spec: { containers: [{ name: 'x', image: '1' }, { name: 'z' }] },
    };
    const live = {
      metadata: { labels: { a: '1', b: '1', other: 'x' } },
      spec: {
        containers: [{ name: 'sidecar' }, { name: 'x', image: 'changed', stdin: true }, { name: 'y' }],
        nodeName: 'n',
      },
    };
    const patch = threeWayMergePatch(applied, wanted, live, POD, lookupType);
    expect(applyStrategicMergePatch(live, patch, POD, lookupType)).toEqual({
      metadata: { labels: { a: '2', other: 'x' } },
      spec: { containers: [{ name: 'sidecar' }, { name: 'x', image: '1', stdin: true }, { name: 'z' }], nodeName: 'n' },
    });
  });

  it('is empty when there is nothing to do, whatever others added', () => {
    const wanted = { spec: { containers: [{ name: 'x', image: '1' }] } };
    const live = { spec: { containers: [{ name: 'sidecar' }, { name: 'x', image: '1', stdin: true }], nodeName: 'n' } };
    expect(threeWayMergePatch(wanted, wanted, live, POD, lookupType)).toEqual({});
  });
});
