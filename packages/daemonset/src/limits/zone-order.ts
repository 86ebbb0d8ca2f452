import type { Node } from '@everynode/objects';

/** Zones are the values of a node label; they are updated one after another. */
export interface ZoneOrder {
  label: string;
  /** These zones come first, in this order. Other zones follow by name, and nodes without the label come last. */
  first: readonly string[];
}

const QUALIFIED_NAME = /^([a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?\/)?[A-Za-z0-9]([-\w.]{0,61}[A-Za-z0-9])?$/;

/** Parses `LABEL` or `LABEL=VALUE,VALUE…`; returns undefined for any other text. */
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

/** Returns the zone of a node: empty for a node without the label, and for every node where there is no order. */
export function zoneOf(order: ZoneOrder | undefined, node: Node | undefined): string {
  return order ? (node?.metadata?.labels?.[order.label] ?? '') : '';
}

/** Negative when zone `a` is updated before `b`. */
export function compareZones({ first }: ZoneOrder, a: string, b: string): number {
  const rank = (zone: string): number => {
    if (zone === '') return first.length + 1;
    const at = first.indexOf(zone);
    return at < 0 ? first.length : at;
  };
  return rank(a) - rank(b) || (a < b ? -1 : a > b ? 1 : 0);
}
