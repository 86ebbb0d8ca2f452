import { stringify } from 'yaml';
import type { Pieces } from './presenter.js';

/** A list before it is text: what comes before its items, the member that holds them, and each item's JSON. */
export interface ListShape {
  head: object;
  member: 'items' | 'rows';
  items: Iterable<string>;
}

/** How JSON text of objects is put on paper. */
export interface TextForm {
  readonly contentType: string;
  one(json: string): string;
  list(shape: ListShape): Pieces;
}

export const compact: TextForm = {
  contentType: 'application/json',
  one: (json) => `${json}\n`,
  *list({ head, member, items }) {
    let before = `${JSON.stringify(head).slice(0, -1)},"${member}":[`;
    for (const item of items) {
      yield before + item;
      before = ',';
    }
    yield before === ',' ? ']}\n' : `${before}]}\n`;
  },
};

const indented = (text: string, by: string): string => text.replaceAll('\n', `\n${by}`);
const prettily = (json: string): string => JSON.stringify(JSON.parse(json), null, 2);

/** For people: as Go indents. */
export const pretty: TextForm = {
  contentType: 'application/json',
  one: prettily,
  *list({ head, member, items }) {
    let before = `${JSON.stringify(head, null, 2).slice(0, -2)},\n  "${member}": [`;
    let some = false;
    for (const item of items) {
      yield `${before}\n    ${indented(prettily(item), '    ')}`;
      before = ',';
      some = true;
    }
    yield some ? '\n  ]\n}' : `${before}]\n}`;
  },
};

/** JSON as YAML. */
export const toYaml = (json: string): string => stringify(JSON.parse(json));

export const yaml: TextForm = {
  contentType: 'application/yaml',
  one: toYaml,
  *list({ head, member, items }) {
    let before = `${stringify(head)}${member}:\n`;
    let some = false;
    for (const item of items) {
      yield `${before}- ${indented(toYaml(item).trimEnd(), '  ')}\n`;
      before = '';
      some = true;
    }
    if (!some) yield `${stringify(head)}${member}: []\n`;
  },
};
