import { COMMANDS } from '@everynode/local-stack/control';
import type { Finding } from '../finding.js';
import type { Observations } from '../observations.js';

export function supervisorFindings({ supervisor, processes }: Observations): Finding[] {
  const failure = { severity: 'failure', subject: 'supervisor', since: null } as const;
  switch (supervisor.kind) {
    case 'absent':
      return [
        {
          ...failure,
          problem: processes.some(({ health }) => health.kind !== 'gone')
            ? 'is gone, its services end'
            : 'does not run',
          consequence: 'The cluster is down: no Postgres, no NATS, no api, no agents.',
          advice: `${COMMANDS.start}. The state is kept.`,
        },
      ];
    case 'silent':
      return [
        {
          ...failure,
          problem: `does not answer (process ${supervisor.pid})`,
          consequence: 'New connections to the api wait; what dies is not started again. Open connections go on.',
          advice: `If it is stopped: kill -CONT ${supervisor.pid}. Otherwise: kill -9 ${supervisor.pid}, then ${COMMANDS.start}.`,
        },
      ];
    case 'answers':
      if (supervisor.phase === 'running') return [];
      return [
        {
          ...failure,
          severity: 'warning',
          problem: `is not done: ${supervisor.detail || supervisor.phase}`,
          consequence: 'The cluster is not complete yet, or is going down.',
          advice: 'Wait some seconds and ask again.',
        },
      ];
    case 'not asked':
      return [];
  }
}
