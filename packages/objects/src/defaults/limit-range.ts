import type { LimitRange, LimitRangeItem } from '../kinds/api-types.js';
import { roundResources } from './container.js';

const AMOUNTS = ['max', 'min', 'default', 'defaultRequest', 'maxLimitRequestRatio'] as const;

/** Limits of containers default each other: max → default → defaultRequest ← min (SetDefaults_LimitRangeItem). */
export function setLimitRangeDefaults({ spec }: LimitRange): void {
  for (const item of spec?.limits ?? []) {
    for (const name of AMOUNTS) if (item[name]) roundResources({ limits: item[name] });
    if (item.type === 'Container') fillIn(item);
  }
}

function fillIn(item: LimitRangeItem): void {
  const byDefault = { ...item.max, ...item.default };
  const byRequest = { ...item.min, ...byDefault, ...item.defaultRequest };
  if (Object.keys(byDefault).length > 0) item.default = byDefault;
  if (Object.keys(byRequest).length > 0) item.defaultRequest = byRequest;
}
