import type { KubeObject } from '../kube-object.js';
import type { TableColumn } from '../resource.js';
import { ageSince } from './age.js';

/** A column that always shows. */
export function column(name: string, description: string, type: TableColumn['type'] = 'string'): TableColumn {
  return { name, type, format: '', description, priority: 0 };
}

/** A column of `-o wide`. */
export function wideColumn(name: string, description: string): TableColumn {
  return { ...column(name, description), priority: 1 };
}

/** Clients recognize the column with the object's name by its format. */
export const NAME: TableColumn = {
  ...column('Name', 'Name of the object, unique among objects of its kind in its namespace.'),
  format: 'name',
};

export const AGE: TableColumn = column('Age', 'Time since the object was created.');

/** Cell of {@link AGE}. */
export function ageOf(object: KubeObject, now: number): string {
  return ageSince(object.metadata.creationTimestamp, now);
}
