import type { Finding } from './finding.js';
import type { Observations } from './observations.js';

/** How parts of the text are shown. Each is the identity where there is no colour. */
export interface Style {
  bold(text: string): string;
  dim(text: string): string;
  red(text: string): string;
  yellow(text: string): string;
  green(text: string): string;
}

const seconds = (ms: number): string => {
  const total = Math.max(0, Math.round(ms / 1000));
  if (total < 120) return `${total} s`;
  return total < 7200 ? `${Math.round(total / 60)} min` : `${Math.round(total / 3600)} h`;
};

/** What was not looked at, so that "Healthy" does not speak for it. */
function notAsked({ api, nats, postgres, processes, supervisor }: Observations): string[] {
  const parts = [
    postgres.kind === 'not asked' && 'Postgres',
    nats.kind === 'not asked' && 'NATS',
    api.kind === 'not asked' && 'the api',
    supervisor.kind === 'not asked' && processes.length === 0 && 'schedulers, agents',
  ];
  return parts.filter((part) => part !== false);
}

/** What works, in a line, so that a reader knows what was looked at. */
function summary(seen: Observations): string {
  const { api, nats, postgres, processes } = seen;
  const words = [
    postgres.kind === 'answers' && `Postgres ${postgres.tookMs} ms`,
    nats.kind === 'answers' && `NATS ${nats.tookMs} ms`,
    api.kind === 'answers' &&
      api.nodes &&
      `${api.nodes.total - api.nodes.notReady.length}/${api.nodes.total} nodes Ready`,
    processes.length > 0 &&
      `${processes.filter(({ health }) => health.kind === 'answers').length}/${processes.length} processes answer`,
  ];
  const looked = words.filter((word) => word !== false && word !== null).join(', ');
  const missing = notAsked(seen).join(', ');
  return [looked, missing && `not asked: ${missing}`].filter(Boolean).join('; ');
}

/** One screen: each finding with since when, what stands because of it, and what to do. */
export function reportText(findings: readonly Finding[], seen: Observations, style: Style): string {
  const looked = style.dim(summary(seen));
  const failures = findings.filter(({ severity }) => severity === 'failure').length;
  const head =
    failures > 0
      ? style.bold(style.red(`${failures} ${failures === 1 ? 'failure' : 'failures'}`))
      : style.bold(style.green('Healthy'));
  const blocks = findings.map(({ advice, consequence, problem, severity, since, subject }) => {
    const mark = severity === 'failure' ? style.red('✗') : style.yellow('!');
    const when =
      since === null ? '' : style.dim(`  for ${seconds(seen.at - Date.parse(since))}, since ${since.slice(11, 19)}Z`);
    return [
      `${mark} ${style.bold(subject)} ${problem}${when}`,
      `    ${consequence}`,
      `    ${style.dim('→')} ${advice}`,
    ].join('\n');
  });
  return [looked === '' ? head : `${head}  ${looked}`, ...blocks].join('\n\n');
}
