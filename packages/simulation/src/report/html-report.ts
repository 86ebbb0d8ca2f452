import { drawSvg, grid, heading, secondsAxis, valueAxis } from '@everynode/charts';
import type { SimulationReport } from './report.js';
import type { RolloutReport } from './rollout-measure.js';
import type { Point } from './series.js';
import { notesOf, textReport } from './text-report.js';
import { counted, number, span } from './words.js';

const STYLE = `
:root { color-scheme: light dark; --ink: #1f2733; --dim: #5b6675; --line: #dfe4ea; --bad: #b3261e; --good: #1d7a4c; --page: #f7f8fa; --sheet: #fff; }
@media (prefers-color-scheme: dark) { :root { --ink: #e8ebf0; --dim: #a3adba; --line: #38414d; --bad: #ff8a80; --good: #6fd39a; --page: #14181d; --sheet: #1c2128; } }
body { margin: 0; background: var(--page); color: var(--ink); font: 15px/1.5 system-ui, sans-serif; }
main { max-width: 62rem; margin: 2rem auto; padding: 0 1rem; }
section { background: var(--sheet); border: 1px solid var(--line); border-radius: 8px; padding: 1rem 1.25rem; margin: 1rem 0; overflow-x: auto; }
h1 { font-size: 1.5rem; margin: 0 0 .25rem; } h2 { font-size: 1.1rem; margin: 0 0 .5rem; }
p { margin: .25rem 0; } .dim { color: var(--dim); } .bad { color: var(--bad); } .good { color: var(--good); }
table { border-collapse: collapse; width: 100%; font-size: .92rem; } th { text-align: left; color: var(--dim); font-weight: 600; }
th, td { padding: .3rem .8rem .3rem 0; border-bottom: 1px solid var(--line); vertical-align: top; }
figure { margin: 0 0 1rem; background: #fff; border-radius: 6px; } svg { width: 100%; height: auto; display: block; }
pre { white-space: pre-wrap; font-size: .82rem; }`;

const escaped = (text: string): string =>
  text.replace(/[&<>"]/g, (sign) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' })[sign] ?? sign);

/** One page that needs nothing but itself. `source` is the text of the scenario. */
export function htmlReport(report: SimulationReport, source: string): string {
  const { scenario, nodes, durationMs, seed, ok, rollouts, notModelled } = report;
  const title = escaped(`${scenario}: simulation`);
  const facts = `${counted(nodes, 'node')}, ${span(durationMs)} of the cluster’s time, seed ${seed}`;
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
<style>${STYLE}</style>
<main>
<h1>${escaped(scenario)}</h1>
<p class="dim">${escaped(facts)}</p>
<p class="${ok ? 'good' : 'bad'}">${ok ? 'Every step and threshold holds.' : 'A step or a threshold does not hold.'}</p>
${textReport(report)
  .slice(1)
  .map(({ rows }) => table(rows))
  .join('\n')}
${rollouts.map(rolloutSection).join('\n')}
<section><h2>Not modelled</h2><ul>${notModelled.map((one) => `<li>${escaped(one)}</li>`).join('')}</ul></section>
<section><h2>Scenario</h2><pre>${escaped(source)}</pre></section>
</main>
</html>
`;
}

function table(rows: readonly (readonly string[])[]): string {
  const [head = [], ...body] = rows;
  const cell = (text: string): string => {
    const mark = text === 'ok' ? ' class="good"' : text === 'missed' ? ' class="bad"' : '';
    return `<td${mark}>${escaped(text)}</td>`;
  };
  const heads = head.map((text) => `<th scope="col">${escaped(text)}</th>`).join('');
  const lines = body.map((row) => `<tr>${row.map(cell).join('')}</tr>`).join('\n');
  return `<section><table><thead><tr>${heads}</tr></thead><tbody>${lines}</tbody></table></section>`;
}

function rolloutSection(rollout: RolloutReport): string {
  const { daemonSet, updated, unavailable, budget, blocked, slowest } = rollout;
  const waited = blocked.map(({ reason, nodes, nodeSeconds }) => [reason, number(nodes), span(nodeSeconds * 1000)]);
  const late = slowest.map(({ node, readyAtMs }) => [node, span(readyAtMs)]);
  return [
    `<section><h2>${escaped(daemonSet)}</h2>`,
    `<ul>${notesOf(rollout)
      .map((line) => `<li>${escaped(line)}</li>`)
      .join('')}</ul>`,
    figure('Nodes with the newest revision', 'available pods of it, over time', 'nodes', [['updated', updated]]),
    figure('Nodes without an available pod', 'against the budget of the rollout', 'nodes', [
      ['unavailable', unavailable],
      ['budget', flat(budget, unavailable)],
    ]),
    '</section>',
    ...(waited.length > 0 ? [table([['Waited for', 'Nodes', 'Node time'], ...waited])] : []),
    ...(late.length > 0 ? [table([['Ready last', 'After'], ...late])] : []),
  ].join('\n');
}

const flat = (value: number, along: readonly Point[]): Point[] => {
  const [first, last] = [along[0]?.[0] ?? 0, along.at(-1)?.[0] ?? 0];
  return [
    [first, value],
    [last, value],
  ];
};

function figure(
  title: string,
  subtitle: string,
  unit: string,
  series: [name: string, points: readonly Point[]][],
): string {
  const mostMs = Math.max(1000, ...series.flatMap(([, points]) => points.map(([atMs]) => atMs)));
  const svg = drawSvg({
    ...heading(
      title,
      subtitle,
      series.map(([name]) => name),
    ),
    grid,
    xAxis: secondsAxis(mostMs),
    yAxis: valueAxis(unit),
    series: series.map(([name, points]) => ({
      name,
      type: 'line' as const,
      data: points.map(([atMs, value]) => [atMs / 1000, value]),
      step: 'end' as const,
      showSymbol: false,
      lineStyle: { width: 2 },
    })),
  });
  return `<figure role="img" aria-label="${escaped(title)}">${svg}</figure>`;
}
