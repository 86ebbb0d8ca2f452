import type { Node } from '@everynode/objects';

/** Nodes are told apart by the value of a label, and updated value by value. */
export interface ZoneOrder {
  label: string;
  /** These first, in this order; others follow by name, and nodes without the label last. */
  first: readonly string[];
}

const QUALIFIED_NAME = /^([a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?\/)?[A-Za-z0-9]([-\w.]{0,61}[A-Za-z0-9])?$/;

/** `LABEL` or `LABEL=VALUE,VALUE…`; undefined for what is neither. */
export function readZoneOrder(text: string | undefined): ZoneOrder | undefined {
  if (!text) return undefined;
  const [label = '', values, ...rest] = text.split('=').map((part) => part.trim());
  if (rest.length > 0 || !QUALIFIED_NAME.test(label)) return undefined;
  const first = (values ?? '')
    .split(',')
    .map((value) => value.trim())
    .filter((value) => value !== '');
  return { label, first };
}

/** The empty name is that of nodes without the label, and of all nodes where there is no order. */
export function zoneOf(order: ZoneOrder | undefined, node: Node | undefined): string {
  return order ? (node?.metadata?.labels?.[order.label] ?? '') : '';
}

/** Negative when zone `a` has its turn before `b`. */
export function compareZones({ first }: ZoneOrder, a: string, b: string): number {
  const rank = (zone: string): number => {
    if (zone === '') return first.length + 1;
    const at = first.indexOf(zone);
    return at < 0 ? first.length : at;
  };
  return rank(a) - rank(b) || (a < b ? -1 : a > b ? 1 : 0);
}
