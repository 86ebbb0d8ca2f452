import { type KubeClient, TABLE, type WatchEvent } from '../client/kube-client.js';
import type { Observation } from './observation.js';

interface Table {
  columnDefinitions: { name: string }[] | null;
  rows: { cells: unknown[] }[] | null;
}

/**
 * Watches a resource as tables without objects: every API server serves them, and they are small. `onRow` is called
 * with the cells of the named columns. Returns a function that stops the watch.
 */
export function watchRows(
  client: KubeClient,
  observation: Observation,
  path: string,
  columns: readonly string[],
  onRow: (type: WatchEvent<unknown>['type'], cells: string[]) => void,
): () => void {
  let places: number[] = [];
  return client.watch<Table>(
    `${path}${path.includes('?') ? '&' : '?'}watch=true&includeObject=None`,
    TABLE,
    ({ type, object }) => {
      if (type === 'BOOKMARK') return;
      if (object.columnDefinitions) {
        const names = object.columnDefinitions.map(({ name }) => name);
        places = columns.map((column) => names.indexOf(column));
      }
      for (const { cells } of object.rows ?? []) {
        onRow(
          type,
          places.map((place) => String(cells[place])),
        );
      }
      observation.changed();
    },
    (error) => observation.fail(error),
  );
}
