import type pg from 'pg';

/** Returns the present epoch of each of the shards. A write whose fence has another epoch must not be committed. */
export async function selectEpochs(client: pg.Client, shards: readonly number[]): Promise<Map<number, number>> {
  const { rows } = await client.query<{ shard: number; epoch: number }>({
    name: 'select-epochs',
    text: 'select shard, epoch from shard_leases where shard = any($1::int[])',
    values: [shards],
  });
  return new Map(rows.map(({ shard, epoch }) => [shard, epoch]));
}
