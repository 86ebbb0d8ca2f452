import type { MetadataText } from '@everynode/objects';
import type pg from 'pg';
import type { CurrentHead, ObjectKey, ReadLevel } from '../write.js';
import { findable, plainArray, textColumn, textLines } from './column-parameters.js';

/** A stored row as it was read. Parts above the asked level are undefined. */
export interface ReadRow extends CurrentHead {
  metadata: MetadataText | undefined;
  desired: string | undefined;
  observed: string | null | undefined;
}

/** A key and how much to read of its object. */
interface Question {
  readonly key: ObjectKey;
  readonly reads: ReadLevel;
}

interface SelectedRow extends CurrentHead {
  n: number;
  metadata: MetadataText | null;
  desired: string | null;
  observed: string | null;
}

const LEVELS: Record<ReadLevel, number> = { head: 0, observed: 1, 'all-but-desired': 2, all: 3 };

const TEXT = `
  select k.n::int as n, o.uid, o.revision, o.placement, o.deleting, o.sequence,
         case when k.level >= 2 then o.metadata end as metadata,
         case when k.level >= 3 then o.desired end as desired,
         case when k.level >= 1 then o.observed end as observed
  from unnest(${textColumn(1)}, $2::text[], ${textColumn(3)}, $4::int[])
       with ordinality as k(resource, namespace, name, level, n)
  join objects o on o.resource = k.resource and o.namespace = k.namespace and o.name = k.name`;

/** Reads the stored objects of the keys, each at its own level, in the order of the keys; undefined where none is. */
export async function selectCurrent(
  client: pg.Client,
  questions: readonly Question[],
): Promise<(ReadRow | undefined)[]> {
  const { rows } = await client.query<SelectedRow>({
    name: 'select-current',
    text: TEXT,
    values: [
      textLines(questions, ({ key }) => key.resource),
      questions.map(({ key }) => findable(key.namespace)),
      textLines(questions, ({ key }) => findable(key.name)),
      plainArray(questions, ({ reads }) => LEVELS[reads]),
    ],
  });
  const found: (ReadRow | undefined)[] = new Array(questions.length).fill(undefined);
  for (const { n, uid, revision, placement, deleting, sequence, metadata, desired, observed } of rows) {
    const isStatusRead = LEVELS[questions[n - 1]?.reads ?? 'head'] >= LEVELS.observed;
    found[n - 1] = {
      uid,
      revision,
      placement,
      deleting,
      sequence,
      metadata: metadata ?? undefined,
      desired: desired ?? undefined,
      // Null is a status here: the object has none.
      observed: isStatusRead ? observed : undefined,
    };
  }
  return found;
}
