import { stringify } from 'yaml';
import type { Pieces } from './presenter.js';

/** A list before it is text: the members before its items, the name of the items' member, and the JSON of each item. */
interface ListShape {
  head: object;
  member: 'items' | 'rows';
  items: Iterable<string>;
  /** Where Go writes no items as null. */
  noneIsNull: boolean;
}

/** A way to write objects as text. */
export interface TextForm {
  readonly contentType: string;
  one(json: string): string;
  list(shape: ListShape): Pieces;
}

export const compact: TextForm = {
  contentType: 'application/json',
  one: (json) => `${json}\n`,
  *list({ head, member, items, noneIsNull }) {
    const start = `${JSON.stringify(head).slice(0, -1)},"${member}":`;
    let before = `${start}[`;
    for (const item of items) {
      yield before + item;
      before = ',';
    }
    yield before === ',' ? ']}\n' : `${start}${noneIsNull ? 'null' : '[]'}}\n`;
  },
};

const indented = (text: string, by: string): string => text.replaceAll('\n', `\n${by}`);
const prettily = (json: string): string => JSON.stringify(JSON.parse(json), null, 2);

/** Indented as Go indents, for terminals and browsers. */
export const pretty: TextForm = {
  contentType: 'application/json',
  one: prettily,
  *list({ head, member, items, noneIsNull }) {
    const start = `${JSON.stringify(head, null, 2).slice(0, -2)},\n  "${member}": `;
    let before = `${start}[`;
    let some = false;
    for (const item of items) {
      yield `${before}\n    ${indented(prettily(item), '    ')}`;
      before = ',';
      some = true;
    }
    yield some ? '\n  ]\n}' : `${start}${noneIsNull ? 'null' : '[]'}\n}`;
  },
};

/** Converts JSON to YAML. */
export const toYaml = (json: string): string => stringify(JSON.parse(json));

export const yaml: TextForm = {
  contentType: 'application/yaml',
  one: toYaml,
  *list({ head, member, items, noneIsNull }) {
    let before = `${stringify(head)}${member}:\n`;
    let some = false;
    for (const item of items) {
      yield `${before}- ${indented(toYaml(item).trimEnd(), '  ')}\n`;
      before = '';
      some = true;
    }
    if (!some) yield `${stringify(head)}${member}: ${noneIsNull ? 'null' : '[]'}\n`;
  },
};
