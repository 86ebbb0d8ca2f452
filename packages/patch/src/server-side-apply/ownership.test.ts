import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { applyConfiguration } from './apply.js';
import { atomOfType } from './atom.js';
import { FieldSet, NO_FIELDS } from './field-set.js';
import { type Ownership, readManagers, writeManagers } from './managers.js';
import { mergeFields } from './merge-fields.js';
import type { OwnedType } from './ownership.js';
import { ownersAfterUpdate } from './update.js';

const POD: OwnedType = {
  apiVersion: 'v1',
  typeName: 'io.k8s.api.core.v1.Pod',
  own: (fields) => fields.minusAllOf(FieldSet.ofPath(['f:status'])),
};
const NOW = '2026-11-24T12:00:00Z';

/**
 * Pods of a few containers, labels and finalizers: maps, lists by key, sets and leaves. Each has its name, which the
 * API demands of an apply: without it upstream takes all of metadata away with the last field that the applier had.
 */
const name = fc.constantFrom('a', 'b', 'c');
const value = fc.constantFrom('1', '2');
const config = fc.record(
  {
    metadata: fc.record(
      {
        name: fc.constant('p'),
        labels: fc.dictionary(name, value, { minKeys: 1, maxKeys: 3 }),
        finalizers: fc.uniqueArray(name, { minLength: 1 }),
      },
      { requiredKeys: ['name'] },
    ),
    spec: fc.record(
      {
        nodeName: value,
        containers: fc.uniqueArray(fc.record({ name, image: value }, { requiredKeys: ['name'] }), {
          minLength: 1,
          selector: (container) => container.name,
        }),
      },
      { requiredKeys: [] },
    ),
  },
  { requiredKeys: ['metadata'] },
);
const manager = fc.constantFrom('one', 'two', 'three');

interface World {
  live: object;
  owners: Ownership[];
}

function apply(world: World, by: string, wanted: object, force: boolean): World & { conflicts: number } {
  const who = { manager: by, operation: 'Apply', apiVersion: 'v1' } as const;
  const { live, owners: managers } = world;
  const applied = applyConfiguration({ type: POD, live, config: wanted, managers, by: who, force, now: NOW });
  const { object, owners, conflicts } = applied;
  return conflicts.length > 0 ? { ...world, conflicts: conflicts.length } : { live: object, owners, conflicts: 0 };
}

/** With a field of the spec that no configuration names: upstream leaves a null in the place of an emptied struct. */
const start: World = { live: { metadata: { name: 'p' }, spec: { hostname: 'h' } }, owners: [] };
const applied = fc.array(fc.tuple(manager, config, fc.boolean()), { maxLength: 8 });
const play = (steps: [string, object, boolean][]): World =>
  steps.reduce((world: World, [by, wanted, force]) => apply(world, by, wanted, force), start);

describe('apply', () => {
  it('makes what was applied so, and doing it again changes nothing', () => {
    fc.assert(
      fc.property(applied, manager, config, (steps, by, wanted) => {
        const once = apply(play(steps), by, wanted, true);
        expect(once.conflicts).toBe(0);
        expect(once.live).toEqual(mergeFields(once.live, wanted, atomOfType(POD.typeName)));
        const twice = apply(once, by, wanted, false);
        expect(twice).toEqual({ ...once, conflicts: 0 });
      }),
    );
  });

  it('leaves nothing behind of a manager who applies nothing any more, but what others own', () => {
    fc.assert(
      fc.property(applied, (steps) => {
        let world = play(steps);
        for (const by of ['one', 'two', 'three']) world = apply(world, by, { metadata: { name: 'p' } }, false);
        const rest = world.owners.filter(({ manager: who }) => who !== 'before-first-apply');
        expect(rest).toEqual([]);
        expect(JSON.stringify(world.live)).not.toMatch(/"image"|"nodeName"|"[abc]"/);
      }),
    );
  });

  it('without force never changes a value that another owns', () => {
    fc.assert(
      fc.property(applied, manager, config, (steps, by, wanted) => {
        const before = play(steps);
        const after = apply(before, by, wanted, false);
        for (const { manager: who, fields } of before.owners) {
          if (who === by) continue;
          const kept = after.owners.find((owner) => owner.manager === who);
          expect(kept?.fields.equals(fields)).toBe(true);
        }
      }),
    );
  });
});

describe('field sets', () => {
  it('are read as they were written', () => {
    fc.assert(
      fc.property(applied, (steps) => {
        const { owners } = play(steps);
        const read = readManagers(JSON.parse(JSON.stringify(writeManagers(owners))) as unknown[]);
        expect(writeManagers(read)).toEqual(writeManagers(owners));
        for (const { fields } of read) {
          expect(fields.minus(fields).isEmpty).toBe(true);
          expect(fields.union(fields).equals(fields)).toBe(true);
          expect(fields.intersection(NO_FIELDS).isEmpty).toBe(true);
        }
        const sets = read.map(({ fields }) => fields);
        const union = FieldSet.unionOf(sets);
        expect(union.equals(sets.reduce((all, set) => all.union(set), NO_FIELDS))).toBe(true);
      }),
    );
  });

  it('name paths as people write them', () => {
    const fields = FieldSet.fromFieldsV1({
      'f:spec': { 'f:containers': { 'k:{"name":"main"}': { '.': {}, 'f:image': {} } } },
      'f:metadata': { 'f:finalizers': { 'v:"x/y"': {} } },
    });
    expect(fields.paths()).toEqual([
      '.metadata.finalizers[="x/y"]',
      '.spec.containers[name="main"]',
      '.spec.containers[name="main"].image',
    ]);
  });
});

describe('lists by key', () => {
  const merge = (live: string, wanted: string): string => {
    const items = (names: string) => ({ containers: [...names].map((each) => ({ name: each })) });
    const merged = mergeFields(items(live), items(wanted), atomOfType('io.k8s.api.core.v1.PodSpec'));
    return (merged as ReturnType<typeof items>).containers.map((item) => item.name).join('');
  };

  it.each([
    ['a', 'b', 'ab'],
    ['ax', 'bx', 'abx'],
    ['abc', 'ca', 'bca'],
    ['abcd', 'db', 'acdb'],
    ['', 'ab', 'ab'],
    ['ab', '', 'ab'],
  ])('%s with %s is %s', (live, wanted, merged) => {
    expect(merge(live, wanted)).toBe(merged);
  });
});

/** The owners after updates of one object by `kubectl`, from nothing. */
function updated(type: OwnedType, ...objects: object[]): object {
  let managers: Ownership[] = [];
  let before: object | undefined;
  for (const after of objects) {
    const by = { manager: 'kubectl', operation: 'Update', apiVersion: type.apiVersion } as const;
    managers = ownersAfterUpdate({ type, before, after, managers, by, now: NOW });
    before = after;
  }
  return writeManagers(managers).map(({ fieldsV1 }) => fieldsV1);
}

describe('updaters', () => {
  const container = { name: 'c', image: 'a', resources: {} };
  const pod = (spec: object, more: object = {}) => ({ metadata: { name: 'p' }, spec, ...more });
  const owned = { '.': {}, 'f:image': {}, 'f:name': {}, 'f:resources': {} };

  it.each([
    [
      'no struct that Go always has, and no required list',
      [pod({ containers: [container] })],
      [{ 'f:spec': { 'f:containers': { 'k:{"name":"c"}': owned } } }],
    ],
    [
      'lists, maps and pointers themselves',
      [pod({ containers: [], volumes: [{ name: 'v' }], securityContext: {} })],
      [
        {
          'f:spec': {
            'f:containers': {},
            'f:securityContext': {},
            'f:volumes': { '.': {}, 'k:{"name":"v"}': { '.': {}, 'f:name': {} } },
          },
        },
      ],
    ],
    ['nothing of an object without fields', [pod({})], []],
    ['nothing of what a write restores', [pod({}, { status: { phase: 'Running' } })], []],
    [
      'labels and their map, and no fields of the system',
      [{ metadata: { name: 'p', generation: 1, labels: { a: 'b' } } }],
      [{ 'f:metadata': { 'f:labels': { '.': {}, 'f:a': {} } } }],
    ],
    [
      'what a write adds, without the map that was there',
      [{ metadata: { labels: { a: 'b' } } }, { metadata: { labels: { c: 'd' } } }],
      [{ 'f:metadata': { 'f:labels': { '.': {}, 'f:c': {} } } }],
    ],
    ['nothing that was removed', [{ metadata: { labels: { a: 'b' } } }, { metadata: {} }], []],
  ])('own %s', (_what, objects: object[], fields: object[]) => {
    expect(updated(POD, ...objects)).toEqual(fields);
  });

  it('own times that have no value', () => {
    const type: OwnedType = { ...POD, own: (fields) => fields };
    const status = { conditions: [{ type: 'Ready', status: 'True' }] };
    const [first] = updated(type, { status }) as [Record<string, unknown>];
    expect(first).toMatchObject({
      'f:status': {
        'f:conditions': { '.': {}, 'k:{"type":"Ready"}': { 'f:lastProbeTime': {}, 'f:lastTransitionTime': {} } },
      },
    });
  });

  it('never begin on an object that was made without owners', () => {
    const by = { manager: 'm', operation: 'Update', apiVersion: 'v1' } as const;
    const update = { type: POD, before: {}, after: { metadata: { labels: { a: 'b' } } }, managers: [], by, now: NOW };
    expect(ownersAfterUpdate(update)).toEqual([]);
  });

  it('beyond ten are put together, the oldest first', () => {
    let managers: Ownership[] = [];
    let before: object | undefined;
    for (let at = 0; at < 14; at += 1) {
      const labels = Object.fromEntries(Array.from({ length: at + 1 }, (_, label) => [`l${label}`, 'x']));
      const after = { metadata: { labels } };
      const by = { manager: `m${at}`, operation: 'Update', apiVersion: 'v1' } as const;
      const now = `2026-11-24T12:00:${10 + at}Z`;
      managers = ownersAfterUpdate({ type: POD, before, after, managers, by, now });
      before = after;
    }
    expect(managers).toHaveLength(10);
    const ancient = managers.find((owner) => owner.manager === 'ancient-changes');
    expect(ancient?.fields.paths()).toContain('.metadata.labels.l0');
    expect(ancient?.time).toBe('2026-11-24T12:00:14Z');
    expect(managers.map((owner) => owner.manager)).toContain('m13');
  });
});

/** As many owners as an object of 3 MB can name, each of a field of its own. */
const manyOwners = (operation: 'Apply' | 'Update'): Ownership[] =>
  Array.from({ length: 30_000 }, (_, at) => ({
    manager: `m${at}`,
    operation,
    apiVersion: 'v1',
    fields: FieldSet.ofPath([`f:${at}`]),
  }));

describe('many owners', () => {
  it('are put together by an update in time', () => {
    const [managers, before, after] = [manyOwners('Update'), { metadata: {} }, { metadata: { labels: { a: 'b' } } }];
    const by = { manager: 'm', operation: 'Update', apiVersion: 'v1' } as const;
    const owners = ownersAfterUpdate({ type: POD, before, after, managers, by, now: NOW });
    expect(owners).toHaveLength(10);
    expect(owners.find(({ manager }) => manager === 'ancient-changes')?.fields.below.size).toBe(29_992);
  }, 20_000);

  it('are asked by an apply for what it no longer names in time', () => {
    const by = { manager: 'm0', operation: 'Apply', apiVersion: 'v1' } as const;
    const live = { metadata: { labels: { a: 'b' } } };
    const application = { type: POD, live, config: live, managers: manyOwners('Apply'), by, force: false, now: NOW };
    expect(applyConfiguration(application).owners).toHaveLength(30_000);
  }, 20_000);

  it('of long lists are merged in time', () => {
    const finalizers = Array.from({ length: 150_000 }, (_, at) => `x.io/${at}`);
    const by = { manager: 'm', operation: 'Apply', apiVersion: 'v1' } as const;
    const [live, config] = [{ metadata: { finalizers } }, { metadata: { finalizers: [...finalizers, 'x.io/last'] } }];
    const { object } = applyConfiguration({ type: POD, live, config, managers: [], by, force: false, now: NOW });
    expect(object).toEqual(config);
  }, 20_000);
});

describe('an apply', () => {
  const by = { manager: 'one', operation: 'Apply', apiVersion: 'v1' } as const;
  const other = { manager: 'other', operation: 'Update', apiVersion: 'v1' } as const;
  const live = { metadata: { name: 'p', labels: { a: 'b' } } };
  const managers: Ownership[] = [
    { ...other, fields: FieldSet.fromFieldsV1({ 'f:metadata': { 'f:labels': { 'f:a': {} } } }), time: NOW },
  ];
  const apply = (config: object, later = NOW) =>
    applyConfiguration({ type: POD, live, config, managers, by, force: false, now: later });

  it('that changes nothing has no time', () => {
    const { isSame, owners } = apply({ metadata: { labels: { a: 'b' } } });
    expect(isSame).toBe(true);
    expect(owners.find(({ manager }) => manager === 'one')).not.toHaveProperty('time');
  });

  it('conflicts where the written value differs, even if it means the same', () => {
    expect(apply({ metadata: { labels: { a: 1 } } }).conflicts).toMatchObject([{ path: '.metadata.labels.a' }]);
  });

  it('does not remove a list or map by null', () => {
    expect(apply({ metadata: { labels: null } }).object).toEqual(live);
  });
});
