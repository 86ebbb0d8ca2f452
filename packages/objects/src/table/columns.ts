import type { Container, PodSpec } from '../kinds/api-types.js';
import type { KubeObject } from '../kube-object.js';
import type { FieldName, TableColumn, TableDefinition, TableRow } from '../resource.js';
import { ageSince } from './age.js';

type Description = TableColumn['description'];

/** The field of a type of Kubernetes' api: `of('core.v1.Secret', 'data')`. */
export function of(type: string, field: string): FieldName {
  return { type: `io.k8s.api.${type}`, field };
}

/** A field of every object's metadata. */
const ofMetadata = (field: string): FieldName => ({
  type: 'io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta',
  field,
});

/** A column that always shows. */
export function column(name: string, description: Description, type: TableColumn['type'] = 'string'): TableColumn {
  return { name, type, format: '', description, priority: 0 };
}

/** A column of `-o wide`. */
export function wideColumn(name: string, description: Description): TableColumn {
  return { ...column(name, description), priority: 1 };
}

/** Clients recognize the column with the object's name by its format. */
export const NAME: TableColumn = { ...column('Name', ofMetadata('name')), format: 'name' };

export const AGE: TableColumn = column('Age', ofMetadata('creationTimestamp'));

/** For kinds without columns of their own. */
export const CREATED_AT: TableColumn = column('Created At', ofMetadata('creationTimestamp'), 'date');

/** The containers of a pod template, as {@link containerCells} shows them. */
export const CONTAINER_COLUMNS = [
  wideColumn('Containers', 'Names of each container in the template.'),
  wideColumn('Images', 'Images referenced by each container in the template.'),
];

const joined = (containers: readonly Container[] | undefined, name: 'name' | 'image'): string =>
  (containers ?? []).map((container) => container[name] ?? '').join(',');

export const containerCells = (spec: PodSpec | undefined): string[] => [
  joined(spec?.containers, 'name'),
  joined(spec?.containers, 'image'),
];

/** Cell of {@link AGE}. */
export function ageOf(object: KubeObject, now: number): string {
  return ageSince(object.metadata.creationTimestamp, now);
}

/** The fields that a table reads of kinds without a type of their own here. */
type Read<S, T> = KubeObject & { spec?: S; status?: T };

/**
 * A table whose first column is the name.
 * @param cells The cells after the name.
 */
export const tableAfterName = <S extends object = object, T extends object = object, X extends object = object>(
  columns: TableColumn[],
  cells: (object: Read<S, T> & X, now: number) => TableRow['cells'],
): TableDefinition => ({
  columns: [NAME, ...columns],
  row: (object, now) => ({ cells: [object.metadata.name, ...cells(object as Read<S, T> & X, now)] }),
});

const SHOWN = 3;

/** The first three items, and how many more there are. Rule: printers listWithMoreString. */
export function firstThree(items: readonly string[], total = items.length): string {
  const shown = items.slice(0, SHOWN).join(',');
  return items.length > SHOWN ? `${shown} + ${total - SHOWN} more...` : shown;
}
