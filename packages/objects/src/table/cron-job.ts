import type { LabelSelector, PodSpec } from '../kinds/api-types.js';
import { formatLabelSelector } from '../selectors/index.js';
import { ageSince } from './age.js';
import { AGE, ageOf, CONTAINER_COLUMNS, column, containerCells, of, tableAfterName, wideColumn } from './columns.js';

interface CronSpec {
  schedule?: string;
  timeZone?: string;
  suspend?: boolean;
  jobTemplate?: { spec?: { selector?: LabelSelector; template?: { spec?: PodSpec } } };
}

const printed = (value: boolean | undefined): string => {
  if (value === undefined) return '<unset>';
  return value ? 'True' : 'False';
};

/** `kubectl get cronjobs`. Rule: pkg/printers/internalversion, printCronJob. */
export const cronJobTable = tableAfterName<CronSpec, { active?: unknown[]; lastScheduleTime?: string }>(
  [
    column('Schedule', of('batch.v1.CronJobSpec', 'schedule')),
    column('Timezone', of('batch.v1.CronJobSpec', 'timeZone')),
    column('Suspend', of('batch.v1.CronJobSpec', 'suspend'), 'boolean'),
    column('Active', of('batch.v1.CronJobStatus', 'active'), 'integer'),
    column('Last Schedule', of('batch.v1.CronJobStatus', 'lastScheduleTime')),
    AGE,
    ...CONTAINER_COLUMNS,
    wideColumn('Selector', of('batch.v1.JobSpec', 'selector')),
  ],
  (object, now) => {
    const { spec, status } = object;
    const job = spec?.jobTemplate?.spec;
    return [
      spec?.schedule ?? '',
      spec?.timeZone ?? '<none>',
      printed(spec?.suspend),
      status?.active?.length ?? 0,
      status?.lastScheduleTime ? ageSince(status.lastScheduleTime, now) : '<none>',
      ageOf(object, now),
      ...containerCells(job?.template?.spec),
      formatLabelSelector(job?.selector),
    ];
  },
);
