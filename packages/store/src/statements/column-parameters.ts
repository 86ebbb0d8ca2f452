import type { ObjectKey } from '../write.js';

/*
 * Columns of many rows as one parameter each. `pg` writes an array as a literal and looks at every item for characters
 * to escape. These columns have none, and to know it saves a third of what a batch costs the event loop.
 */

/** Resource, namespace and name. Namespaces stay an array: those of cluster-scoped objects are empty. */
export const keyColumns = (rows: readonly { readonly key: ObjectKey }[]): [string, string[], string] => [
  textLines(rows, ({ key }) => key.resource),
  rows.map(({ key }) => key.namespace),
  textLines(rows, ({ key }) => key.name),
];

/** Text that is never empty and has no newline: names, uids. SQL: {@link textColumn}. */
export const textLines = <T>(rows: readonly T[], value: (row: T) => string): string => rows.map(value).join('\n');
export const textColumn = (parameter: number): string => `string_to_array($${parameter}::text, E'\\n')`;

/** JSON text, or null: it has no raw newline, and an empty line stands for NULL. SQL: {@link jsonColumn}. */
export const jsonLines = <T>(rows: readonly T[], value: (row: T) => string | null | undefined): string =>
  rows.map((row) => value(row) ?? '').join('\n');
export const jsonColumn = (parameter: number): string => `string_to_array($${parameter}::text, E'\\n', '')::json[]`;

/** Numbers or booleans, as the literal of an array. */
export const plainArray = <T>(rows: readonly T[], value: (row: T) => number | boolean): string =>
  `{${rows.map(value).join(',')}}`;

/**
 * A name to look for. A client may ask for any, and text in Postgres has no U+0000. No stored name has white space, so
 * such a name is found as little as before.
 */
export const findable = (name: string): string => (UNSTORED.test(name) ? name.replaceAll(ALL_UNSTORED, ' ') : name);

const UNSTORED = /[\0\n]/;
const ALL_UNSTORED = new RegExp(UNSTORED, 'g');
