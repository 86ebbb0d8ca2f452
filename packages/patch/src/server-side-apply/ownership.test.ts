import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FieldSet, NO_FIELDS } from './field-set.js';
import { capUpdaters, type Ownership, readManagers, writeManagers } from './managers.js';
import { mergeFields } from './merge-fields.js';
import { type ApplyTarget, applyConfiguration, ownersAfterUpdate } from './ownership.js';

const TARGET: ApplyTarget = {
  typeName: 'io.k8s.api.core.v1.Pod',
  subresource: '',
  hasStatus: true,
  statusWriter: 'kubelet',
};
const NOW = '2026-11-24T12:00:00Z';

/** Pods of a few containers, labels and finalizers: maps, lists by key, sets and leaves. */
const name = fc.constantFrom('a', 'b', 'c');
const value = fc.constantFrom('1', '2');
const config = fc.record(
  {
    metadata: fc.record(
      {
        labels: fc.dictionary(name, value, { minKeys: 1, maxKeys: 3 }),
        finalizers: fc.uniqueArray(name, { minLength: 1 }),
      },
      { requiredKeys: [] },
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
  { requiredKeys: [] },
);
const manager = fc.constantFrom('one', 'two', 'three');

interface World {
  live: object;
  owners: Ownership[];
}

function apply(world: World, by: string, wanted: object, force: boolean): World & { conflicts: number } {
  const who = { manager: by, operation: 'Apply', apiVersion: 'v1' } as const;
  const step = applyConfiguration(TARGET, world.live, wanted, world.owners, who, { force, now: NOW });
  const { owners, conflicts } = step.settle(step.object);
  return conflicts.length > 0 ? { ...world, conflicts: conflicts.length } : { live: step.object, owners, conflicts: 0 };
}

const start: World = { live: { metadata: {}, spec: {} }, owners: [] };
const applied = fc.array(fc.tuple(manager, config, fc.boolean()), { maxLength: 8 });
const play = (steps: [string, object, boolean][]): World =>
  steps.reduce((world: World, [by, wanted, force]) => apply(world, by, wanted, force), start);

describe('apply', () => {
  it('makes what was applied so, and doing it again changes nothing', () => {
    fc.assert(
      fc.property(applied, manager, config, (steps, by, wanted) => {
        const once = apply(play(steps), by, wanted, true);
        expect(once.conflicts).toBe(0);
        expect(once.live).toEqual(mergeFields(once.live, wanted, { ref: TARGET.typeName }));
        const twice = apply(once, by, wanted, false);
        expect(twice).toEqual({ ...once, conflicts: 0 });
      }),
    );
  });

  it('leaves nothing behind of a manager who applies nothing any more, but what others own', () => {
    fc.assert(
      fc.property(applied, (steps) => {
        let world = play(steps);
        for (const by of ['one', 'two', 'three']) world = apply(world, by, {}, false);
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
    const merged = mergeFields(items(live), items(wanted), { ref: 'io.k8s.api.core.v1.PodSpec' });
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

describe('updaters', () => {
  it('beyond ten are put together, the oldest first', () => {
    let owners: Ownership[] = [];
    let live: object = {};
    for (let at = 0; at < 14; at += 1) {
      const after = {
        metadata: { labels: { ...(live as { metadata?: { labels: object } }).metadata?.labels, [`l${at}`]: 'x' } },
      };
      const by = { manager: `m${at}`, operation: 'Update', apiVersion: 'v1' } as const;
      owners = ownersAfterUpdate(TARGET, live, after, owners, by, `2026-11-24T12:00:${10 + at}Z`);
      live = after;
    }
    expect(capUpdaters(owners)).toHaveLength(10);
    const ancient = owners.find((owner) => owner.manager === 'ancient-changes');
    expect(ancient?.fields.paths()).toContain('.metadata.labels.l0');
    expect(owners.map((owner) => owner.manager)).toContain('m13');
  });
});
