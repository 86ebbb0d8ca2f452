import { describe, expect, it } from 'vitest';
import { deepFreeze, expectRefusal } from '../../fixtures/expect-refusal.js';
import { CONTROLLER_REVISION, DAEMON_SET, lookupType, NODE, POD } from '../../fixtures/schema.js';
import { applyStrategicMergePatch } from './merge-map.js';

const patchPod = (spec: object, patch: object): unknown =>
  applyStrategicMergePatch(deepFreeze({ spec }), deepFreeze({ spec: patch }), POD, lookupType).spec;

const patchMetadata = (metadata: object, patch: object): unknown =>
  applyStrategicMergePatch(deepFreeze({ metadata }), deepFreeze({ metadata: patch }), POD, lookupType).metadata;

const patchInvented = (object: object, patch: object): unknown =>
  applyStrategicMergePatch(deepFreeze(object), deepFreeze(patch), 'Invented', lookupType);

const named = (...names: string[]): { name: string }[] => names.map((name) => ({ name }));

describe('maps', () => {
  it.each([
    ['merge', { labels: { a: '1', b: '2' } }, { labels: { b: '3', c: '4' } }, { labels: { a: '1', b: '3', c: '4' } }],
    ['lose a key on null', { labels: { a: '1', b: '2' } }, { labels: { a: null } }, { labels: { b: '2' } }],
    ['vanish on null', { name: 'x', labels: { a: '1' } }, { labels: null }, { name: 'x' }],
    ['ignore null for what is absent', { name: 'x' }, { labels: null }, { name: 'x' }],
    ['are added without their nulls', {}, { labels: { a: '1', b: null } }, { labels: { a: '1' } }],
    [
      'are replaced by $patch',
      { labels: { a: '1' } },
      { labels: { $patch: 'replace', b: '2' } },
      { labels: { b: '2' } },
    ],
    ['are emptied by $patch', { labels: { a: '1' } }, { labels: { $patch: 'delete' } }, { labels: {} }],
    ['are not added with a directive', {}, { labels: { $patch: 'replace', b: '2' } }, {}],
    ['are not added to be deleted', {}, { labels: { $patch: 'delete', b: '2' } }, {}],
    [
      'may be named as members of every object',
      { labels: {} },
      { labels: { constructor: 'x', toString: 'y' } },
      { labels: { constructor: 'x', toString: 'y' } },
    ],
  ])('%s', (_title, metadata, patch, expected) => {
    expect(patchMetadata(metadata, patch)).toEqual(expected);
  });

  it('are replaced whole by rollout undo, which patches with the data of a revision', () => {
    const daemonSet = {
      metadata: { name: 'agent' },
      spec: {
        selector: { matchLabels: { app: 'agent' } },
        template: {
          metadata: { labels: { app: 'agent', extra: 'x' }, annotations: { restartedAt: 'now' } },
          spec: { containers: [{ name: 'new', image: 'new:2' }], hostNetwork: true },
        },
      },
    };
    const template = {
      metadata: { labels: { app: 'agent' } },
      spec: { containers: [{ name: 'old', image: 'old:1', resources: {} }] },
    };
    const patch = { spec: { template: { ...template, $patch: 'replace' } } };
    expect(applyStrategicMergePatch(deepFreeze(daemonSet), deepFreeze(patch), DAEMON_SET, lookupType)).toEqual({
      ...daemonSet,
      spec: { ...daemonSet.spec, template },
    });
  });

  it('are replaced when the schema says so', () => {
    expect(patchInvented({ atomicMap: { a: 1 } }, { atomicMap: { b: 2, c: null } })).toEqual({
      atomicMap: { b: 2, c: null },
    });
  });

  it('replace the whole object when the directive is at the top', () => {
    expect(patchInvented({ a: 1 }, { $patch: 'replace', b: 2 })).toEqual({ b: 2 });
    expect(patchInvented({ a: 1 }, { $patch: 'delete' })).toEqual({});
  });

  it('merge, and their lists are replaced, where the schema knows nothing', () => {
    expect(patchInvented({ unknown: { a: 1, l: [1, 2] } }, { unknown: { b: 2, l: [3] } })).toEqual({
      unknown: { a: 1, b: 2, l: [3] },
    });
    expect(patchInvented({ opaque: { a: 1 } }, { opaque: { b: 2 } })).toEqual({ opaque: { a: 1, b: 2 } });
  });

  it('change the kind of a scalar that may have two', () => {
    const strategy = (maxUnavailable: unknown): object => ({
      spec: { updateStrategy: { rollingUpdate: { maxUnavailable } } },
    });
    expect(applyStrategicMergePatch(strategy(1), strategy('10%'), DAEMON_SET, lookupType)).toEqual(strategy('10%'));
  });
});

describe('$retainKeys', () => {
  it('drops what it does not name', () => {
    const volumes = [
      { name: 'v', hostPath: { path: '/a' } },
      { name: 'w', emptyDir: {} },
    ];
    expect(
      patchPod({ volumes }, { volumes: [{ name: 'v', emptyDir: {}, $retainKeys: ['name', 'emptyDir'] }] }),
    ).toEqual({
      volumes: [
        { name: 'v', emptyDir: {} },
        { name: 'w', emptyDir: {} },
      ],
    });
  });

  it('keeps and merges what it names', () => {
    const patch = { strategy: { $retainKeys: ['inner', 'a'], inner: { y: 2 } } };
    expect(patchInvented({ strategy: { a: 1, b: 2, inner: { x: 1 } } }, patch)).toEqual({
      strategy: { a: 1, inner: { x: 1, y: 2 } },
    });
  });

  it('may stand beside nulls and other directives', () => {
    const patch = {
      $retainKeys: ['finalizers'],
      labels: null,
      '$deleteFromPrimitiveList/finalizers': ['a'],
      '$setElementOrder/finalizers': ['b'],
    };
    expect(patchMetadata({ labels: {}, name: 'x', finalizers: ['a', 'b'] }, patch)).toEqual({ finalizers: ['b'] });
  });

  it('stays in a map that is added, where decoding refuses it', () => {
    const strategy = { a: 1, $retainKeys: ['a'] };
    expect(patchInvented({}, { strategy })).toEqual({ strategy });
  });

  it.each([
    ['sets a key it does not retain', { a: 1, $retainKeys: ['b'] }],
    ['is no list', { $retainKeys: 'a' }],
    ['is null', { $retainKeys: null }],
  ])('is refused when the patch %s', (_title, strategy) => {
    expectRefusal(
      () => patchInvented({ strategy: { b: 1 } }, { strategy }),
      'BadRequest',
      /^invalid patch format of retainKeys$/,
    );
  });
});

describe('lists of maps that merge', () => {
  const containers = [
    { name: 'a', image: 'a:1', env: [{ name: 'X', value: '1' }] },
    { name: 'b', image: 'b:1' },
  ];

  it('merge the item with the same key', () => {
    const env = [
      { name: 'Y', value: '2' },
      { name: 'X', value: null, valueFrom: { fieldRef: { fieldPath: 'p' } } },
    ];
    expect(patchPod({ containers }, { containers: [{ name: 'a', image: 'a:2', env }] })).toEqual({
      containers: [
        {
          name: 'a',
          image: 'a:2',
          env: [
            { name: 'Y', value: '2' },
            { name: 'X', valueFrom: { fieldRef: { fieldPath: 'p' } } },
          ],
        },
        { name: 'b', image: 'b:1' },
      ],
    });
  });

  it('take a list that is absent as it is, less its nulls and directives', () => {
    const patch = {
      containers: [
        { name: 'a', image: null, env: [{ name: 'X' }, { name: 'Z', $patch: 'delete' }] },
        { $patch: 'replace' },
      ],
    };
    expect(patchPod({}, patch)).toEqual({ containers: [{ name: 'a', env: [{ name: 'X' }] }] });
  });

  it('delete the item that $patch names, and ignore one that is not there', () => {
    const patch = [
      { name: 'a', $patch: 'delete' },
      { name: 'z', $patch: 'delete' },
    ];
    expect(patchPod({ containers }, { containers: patch })).toEqual({ containers: [containers[1]] });
  });

  it('become empty when all items are deleted', () => {
    const patch = [
      { name: 'a', $patch: 'delete' },
      { name: 'b', $patch: 'delete' },
    ];
    expect(patchPod({ containers }, { containers: patch })).toEqual({ containers: [] });
  });

  it('are replaced by a bare $patch item, wherever it stands', () => {
    for (const patch of [
      [{ $patch: 'replace' }, { name: 'c' }],
      [{ name: 'c' }, { $patch: 'replace' }, { name: 'a', $patch: 'delete' }],
    ]) {
      expect(patchPod({ containers }, { containers: patch })).toEqual({ containers: [{ name: 'c' }] });
    }
    expect(patchPod({ containers }, { containers: [{ $patch: 'replace' }] })).toEqual({ containers: [] });
  });

  it('take an item that is new as it is: its nulls and directives are for the decoder', () => {
    const item = { name: 'c', image: null, env: [{ name: 'Z', $patch: 'delete' }] };
    expect(patchPod({ containers }, { containers: [item] })).toEqual({ containers: [item, ...containers] });
  });

  it('take null for a merge key as a value', () => {
    const item = { name: null, image: 'x' };
    expect(patchPod({ containers }, { containers: [item] })).toEqual({ containers: [item, ...containers] });
  });

  it('vanish on null, and stay on an empty patch list', () => {
    expect(patchPod({ containers }, { containers: null })).toEqual({});
    expect(patchPod({ containers }, { containers: [] })).toEqual({ containers });
    expect(patchPod({ containers: [] }, { containers: [] })).toEqual({ containers: [] });
  });

  it('merge the first of several live items with one key', () => {
    const ports = [
      { containerPort: 53, protocol: 'UDP' },
      { containerPort: 53, protocol: 'TCP' },
    ];
    expect(
      patchPod(
        { containers: [{ name: 'a', ports }] },
        { containers: [{ name: 'a', ports: [{ containerPort: 53, name: 'dns' }] }] },
      ),
    ).toEqual({
      containers: [{ name: 'a', ports: [{ containerPort: 53, protocol: 'UDP', name: 'dns' }, ports[1]] }],
    });
    expect(patchPod({ containers: named('a') }, { containers: [{ name: 'a', ports }] })).toEqual({
      containers: [{ name: 'a', ports }],
    });
  });

  it('merge patch items with one key into one', () => {
    expect(
      patchPod(
        { containers: named('a') },
        {
          containers: [
            { name: 'b', image: '1' },
            { name: 'b', stdin: true },
          ],
        },
      ),
    ).toEqual({
      containers: [{ name: 'b', image: '1', stdin: true }, { name: 'a' }],
    });
  });

  it('do not take a number for a string', () => {
    expect(patchInvented({ items: [{ name: '1', a: 1 }] }, { items: [{ name: 1, b: 2 }] })).toEqual({
      items: [
        { name: 1, b: 2 },
        { name: '1', a: 1 },
      ],
    });
  });

  it('merge conditions by type', () => {
    const object = {
      status: {
        conditions: [
          { type: 'Ready', status: 'True', reason: 'Up' },
          { type: 'Disk', status: 'False' },
        ],
      },
    };
    const patch = { status: { conditions: [{ type: 'Ready', status: 'Unknown' }] } };
    expect(applyStrategicMergePatch(deepFreeze(object), patch, NODE, lookupType)).toEqual({
      status: {
        conditions: [
          { type: 'Ready', status: 'Unknown', reason: 'Up' },
          { type: 'Disk', status: 'False' },
        ],
      },
    });
  });

  it.each([
    [
      'the patch item has no merge key',
      [{ image: 'x' }],
      /^map: map\[image:x\] does not contain declared merge key: name$/,
    ],
    ['its merge key is no scalar', [{ name: [] }], /^the merge key name is no scalar$/],
    [
      'an item asks for what is the default',
      [{ name: 'a', $patch: 'merge' }],
      /^merging lists cannot yet be specified/,
    ],
    [
      'an item to delete has no merge key',
      [{ image: 'x', $patch: 'delete' }],
      /does not contain declared merge key: name$/,
    ],
    [
      'the directive of an item is unknown',
      [{ name: 'a', $patch: 'drop' }],
      /^unknown patch type: drop in map: map\[\$patch:drop name:a\]$/,
    ],
    ['the directive of an item is no string', [{ name: 'a', $patch: null }], /^unknown patch type: <nil> in map/],
    ['an item is no map', ['a'], /^list element types are not identical: \[\[map\[env:.*\]\] \[a\]\]$/],
    ['an item is null', [null], /^list element types are not identical: \[\[map\[env:.*\]\] \[<nil>\]\]$/],
  ])('are refused when %s', (_title, patch, message) => {
    expectRefusal(() => patchPod({ containers }, { containers: patch }), 'BadRequest', message);
  });

  it('are refused when a live item has no merge key', () => {
    expectRefusal(
      () => patchPod({ containers: [{ image: 'x' }] }, { containers: named('a') }),
      'BadRequest',
      /^map: map\[image:x\] does not contain declared merge key: name$/,
    );
  });

  it('are refused when the schema has no merge key', () => {
    expectRefusal(
      () => patchInvented({ keyless: [{ a: 1 }] }, { keyless: [{ b: 1 }] }),
      'BadRequest',
      /without merge key/,
    );
  });
});

describe('lists that do not merge', () => {
  it('are replaced whole', () => {
    const tolerations = [{ key: 'a', operator: 'Exists' }];
    expect(patchPod({ tolerations: [{ key: 'b' }, { key: 'c' }] }, { tolerations })).toEqual({ tolerations });
    expect(patchPod({ tolerations }, { tolerations: [] })).toEqual({ tolerations: [] });
    expect(
      patchPod({ containers: [{ name: 'a', args: ['x', 'y'] }] }, { containers: [{ name: 'a', args: ['z'] }] }),
    ).toEqual({
      containers: [{ name: 'a', args: ['z'] }],
    });
  });

  it('lose deleted values, and have an order, as those that merge', () => {
    const container = { name: 'a', args: ['x', 'y', 'z'] };
    const args = (patch: object): unknown => {
      const { containers } = patchPod({ containers: [container] }, { containers: [{ name: 'a', ...patch }] }) as {
        containers: { args: string[] }[];
      };
      return containers[0]?.args;
    };
    expect(args({ '$deleteFromPrimitiveList/args': ['y'] })).toEqual(['x', 'z']);
    expect(args({ '$setElementOrder/args': ['z', 'x'] })).toEqual(['y', 'z', 'x']);
    expectRefusal(
      () => patchPod({ tolerations: [{ key: 'a' }] }, { '$deleteFromPrimitiveList/tolerations': ['a'] }),
      'BadRequest',
      /^list element types are not identical: \[\[map\[key:a\]\] \[a\]\]$/,
    );
  });
});

describe('lists of primitives that merge', () => {
  it.each([
    ['are united', ['a', 'b'], { finalizers: ['b', 'c'] }, ['a', 'b', 'c']],
    ['lose duplicates', ['a', 'a'], { finalizers: ['b', 'b'] }, ['b', 'a']],
    ['lose deleted values', ['a', 'b', 'c'], { '$deleteFromPrimitiveList/finalizers': ['a', 'z'] }, ['b', 'c']],
    [
      'delete after adding',
      ['a'],
      { finalizers: ['b', 'c'], '$deleteFromPrimitiveList/finalizers': ['b', 'a'] },
      ['c'],
    ],
    ['are ordered', ['a', 'b', 'c'], { '$setElementOrder/finalizers': ['c', 'a'] }, ['b', 'c', 'a']],
    [
      'are extended in order',
      ['a', 'c'],
      { finalizers: ['b'], '$setElementOrder/finalizers': ['a', 'b', 'c'] },
      ['a', 'b', 'c'],
    ],
    ['do nothing on an order without list', undefined, { '$setElementOrder/finalizers': ['a'] }, undefined],
    ['do nothing on a deletion without list', undefined, { '$deleteFromPrimitiveList/finalizers': ['a'] }, undefined],
    ['are added', undefined, { finalizers: ['b', 'a'] }, ['b', 'a']],
    [
      'are added in order',
      undefined,
      { finalizers: ['b', 'a'], '$setElementOrder/finalizers': ['b', 'a'] },
      ['b', 'a'],
    ],
  ])('%s', (_title, finalizers, patch, expected) => {
    const metadata = finalizers ? { finalizers } : {};
    expect(patchMetadata(metadata, patch)).toEqual(expected ? { finalizers: expected } : {});
  });

  it('are refused with items of two kinds, or with lists in them', () => {
    expectRefusal(() => patchMetadata({ finalizers: ['a'] }, { finalizers: [1] }), 'BadRequest', /^list element types/);
    expectRefusal(
      () => patchMetadata({ finalizers: ['a'] }, { finalizers: [['a']] }),
      'BadRequest',
      /^list element types/,
    );
    const refusal = expectRefusal(
      () => patchMetadata({ finalizers: [] }, { finalizers: [['a']], '$setElementOrder/finalizers': [] }),
      'Invalid',
      /lists of lists/,
    );
    expect(refusal.code).toBe(422);
  });
});

describe('order of merged lists', () => {
  const order = (live: string[], patch: string[], wanted?: string[]): string[] => {
    const change = { containers: named(...patch), ...(wanted && { '$setElementOrder/containers': named(...wanted) }) };
    const spec = patchPod({ containers: named(...live) }, change) as { containers: { name: string }[] };
    return spec.containers.map((item) => item.name);
  };

  it.each([
    ['keeps the live order', ['a', 'b', 'c'], ['b'], undefined, ['a', 'b', 'c']],
    ['takes the order of the patch for what it names', ['a', 'b', 'c'], ['c', 'a'], undefined, ['b', 'c', 'a']],
    ['puts new items before live ones, as upstream', ['a', 'b'], ['z'], undefined, ['z', 'a', 'b']],
    ['puts new items after the live ones before them', ['a', 'b', 'c'], ['b', 'z'], undefined, ['a', 'b', 'z', 'c']],
    ['follows $setElementOrder', ['a', 'b', 'c'], [], ['c', 'b', 'a'], ['c', 'b', 'a']],
    ['places new items by $setElementOrder', ['a', 'b'], ['z'], ['a', 'z', 'b'], ['a', 'z', 'b']],
    ['keeps server-only items where they were', ['a', 's', 'b'], [], ['b', 'a'], ['s', 'b', 'a']],
    [
      'keeps trailing server-only items at the end',
      ['a', 'b', 's', 't'],
      ['z'],
      ['b', 'a', 'z'],
      ['b', 'a', 'z', 's', 't'],
    ],
    ['ignores names in the order that no item has', ['a', 'b'], [], ['b', 'x', 'a'], ['b', 'a']],
  ])('%s', (_title, live, patch, wanted, expected) => {
    expect(order(live, patch, wanted)).toEqual(expected);
  });

  it('orders what is left after deletions', () => {
    const patch = {
      containers: [...named('z'), { name: 'b', $patch: 'delete' }],
      '$setElementOrder/containers': named('c', 'z', 'a'),
    };
    expect(patchPod({ containers: named('a', 'b', 'c') }, patch)).toEqual({ containers: named('c', 'z', 'a') });
  });

  it('orders a list that the patch replaces or adds', () => {
    const wanted = { '$setElementOrder/containers': named('z', 'y') };
    const patch = [{ $patch: 'replace' }, ...named('z', 'y')];
    expect(patchPod({ containers: named('a') }, { containers: patch, ...wanted })).toEqual({
      containers: named('z', 'y'),
    });
    expect(patchPod({}, { containers: named('z', 'y'), ...wanted })).toEqual({ containers: named('z', 'y') });
  });

  it('goes on with the other fields when there is no list to order', () => {
    expect(patchPod({}, { '$setElementOrder/containers': named('a'), hostNetwork: true })).toEqual({
      hostNetwork: true,
    });
  });

  it.each([
    [
      'lacks an item of the patch',
      { containers: named('z'), '$setElementOrder/containers': named('a') },
      /^The order in patch list:\n\[map\[name:z\]\]\n doesn't match \$setElementOrder list:\n\[map\[name:a\]\]\n$/,
    ],
    [
      'has the items of the patch in another order',
      { containers: named('b', 'a'), '$setElementOrder/containers': named('a', 'b') },
      /^The order in patch list/,
    ],
    [
      'has items without merge key',
      { '$setElementOrder/containers': [{ image: 'x' }] },
      /^map: map\[image:x\] does not contain declared merge key: name$/,
    ],
    [
      'has items of another kind',
      { '$setElementOrder/containers': ['a'] },
      /^expected a map\[string\]interface \{\}, but received a string$/,
    ],
    ['is no list', { '$setElementOrder/containers': 'a' }, /^expected a \[\]interface \{\}, but received a string$/],
    [
      'is null',
      { '$setElementOrder/containers': null },
      /^expected a \[\]interface \{\}, but received a %!s\(<nil>\)$/,
    ],
    ['names no field', { $setElementOrder: [] }, /^invalid patch format of setElementOrder list$/],
    [
      'names a prototype',
      { '$setElementOrder/__proto__': [] },
      /^unable to find api field in struct PodSpec for the json field "__proto__"$/,
    ],
    [
      'names a member of a map',
      { nodeSelector: { '$setElementOrder/b': [] } },
      /^merging an object in json but data type is not struct, instead is: map$/,
    ],
    ['names a map', { '$setElementOrder/securityContext': [] }, /^expected slice or array type, but got: struct$/],
    [
      'is for a list that the patch deletes',
      { containers: null, '$setElementOrder/containers': named('a') },
      /^expected a \[\]interface \{\}, but received a %!s\(<nil>\)$/,
    ],
  ])('is refused when it %s', (_title, patch, message) => {
    const spec = { containers: named('a', 'b'), nodeSelector: { a: 'b' } };
    expectRefusal(() => patchPod(spec, patch), 'BadRequest', message);
  });
});

describe('patches that are refused', () => {
  it.each([
    [
      'an unknown directive',
      { metadata: { $patch: 'remove' } },
      /^unknown patch type: remove in map: map\[\$patch:remove\]$/,
    ],
    ['a directive that is the default', { metadata: { $patch: 'merge' } }, /^unknown patch type: merge in map/],
    [
      'a string for an item that is a map',
      { spec: { containers: ['x'] } },
      /^list element types are not identical: \[\[map\[name:a\]\] \[x\]\]$/,
    ],
    [
      'a deletion that names no field',
      { metadata: { $deleteFromPrimitiveList: [] } },
      /^invalid patch format of primitive list$/,
    ],
    [
      'a deletion of texts from a list of maps',
      { spec: { '$deleteFromPrimitiveList/containers': ['a'] } },
      /^list element types are not identical/,
    ],
    ['a list', [], /^json: cannot unmarshal array into Go value of type map\[string\]interface \{\}$/],
    ['a bool', true, /^json: cannot unmarshal bool into Go value of type map\[string\]interface \{\}$/],
  ])('%s', (_title, patch, message) => {
    const pod = deepFreeze({ metadata: { name: 'x' }, spec: { containers: named('a') } });
    expectRefusal(() => applyStrategicMergePatch(pod, patch, POD, lookupType), 'BadRequest', message);
    expect(Object.hasOwn(Object.prototype, 'polluted')).toBe(false);
  });

  // Upstream decodes the result, and refuses it there.
  it.each([
    ['a string for a map', { spec: 'x' }, { spec: 'x' }],
    ['a list for a map', { metadata: { labels: [] } }, { metadata: { labels: [] } }],
    ['a map for a list', { spec: { containers: {} } }, { spec: { containers: {} } }],
    ['a number for a list', { spec: { tolerations: 1 } }, { spec: { tolerations: 1 } }],
    [
      'a bool deep in an item',
      { spec: { containers: [{ name: 'a', env: true }] } },
      { spec: { containers: [expect.objectContaining({ name: 'a', env: true })] } },
    ],
  ])('not %s, which replaces what is there', (_title, patch, expected) => {
    const pod = deepFreeze({ metadata: { name: 'x' }, spec: { containers: named('a') } });
    expect(applyStrategicMergePatch(pod, patch, POD, lookupType)).toMatchObject(expected);
  });

  it.each([
    ['an unknown directive in a map that is added', { spec: { affinity: { $patch: 'x' } } }],
    ['a deletion that is no list', { metadata: { '$deleteFromPrimitiveList/finalizers': 'a' } }],
    ['null', null],
  ])('not %s, which changes nothing', (_title, patch) => {
    const pod = deepFreeze({ metadata: { name: 'x', finalizers: ['a'] }, spec: { containers: named('a') } });
    expect(applyStrategicMergePatch(pod, patch, POD, lookupType)).toEqual(pod);
  });

  it('nothing for a __proto__ key, which is a key as any other', () => {
    const patch = JSON.parse('{"metadata":{"annotations":{"__proto__":"b"}}}');
    const pod = JSON.parse('{"metadata":{"annotations":{"a":"1","__proto__":"a"}}}');
    expect(JSON.stringify(applyStrategicMergePatch(pod, patch, POD, lookupType))).toBe(
      '{"metadata":{"annotations":{"a":"1","__proto__":"b"}}}',
    );
    const removal = JSON.parse('{"metadata":{"annotations":{"__proto__":null}}}');
    expect(JSON.stringify(applyStrategicMergePatch(pod, removal, POD, lookupType))).toBe(
      '{"metadata":{"annotations":{"a":"1"}}}',
    );
  });

  it('for a type without schema', () => {
    for (const typeName of ['com.example.v1.Widget', 'Opaque']) {
      expect(
        expectRefusal(() => applyStrategicMergePatch({}, {}, typeName, lookupType), 'UnsupportedMediaType').code,
      ).toBe(415);
    }
  });
});

it('leaves nothing shared between the result and the arguments', () => {
  const object = { metadata: { labels: { a: '1' } }, spec: { containers: [{ name: 'a', args: ['x'] }] } };
  const patch = { spec: { containers: [{ name: 'b', args: ['y'] }] } };
  const before = structuredClone({ object, patch });
  const patched = applyStrategicMergePatch(object, patch, POD, lookupType) as typeof object;
  patched.metadata.labels.a = 'changed';
  for (const container of patched.spec.containers) container.args.push('changed');
  expect({ object, patch }).toEqual(before);
});

it('keeps data that only looks like an object of the API', () => {
  const revision = { data: { spec: { template: { a: 1 } } }, revision: 1 };
  expect(applyStrategicMergePatch(revision, { revision: 2 }, CONTROLLER_REVISION, lookupType)).toEqual({
    ...revision,
    revision: 2,
  });
});
