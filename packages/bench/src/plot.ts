import type { Sample } from './observed-daemonset.js';

const WIDTH = 720;
const HEIGHT = 360;
const MARGIN = { left: 60, right: 20, top: 40, bottom: 40 };
const COLOURS = ['#1f6feb', '#bf3989', '#1a7f37', '#9a6700'];

export interface Series {
  name: string;
  samples: readonly Sample[];
}

const escaped = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');

/** Round numbers that divide a range into about five parts. */
function ticks(most: number): number[] {
  const rough = most / 5 || 1;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((candidate) => candidate >= rough) ?? rough;
  return Array.from({ length: Math.floor(most / step) + 1 }, (_, i) => i * step);
}

/** Pods that are Ready over time, a line for each series, as an SVG document. */
export function readyCurves(title: string, series: readonly Series[]): string {
  const mostMs = Math.max(1, ...series.flatMap(({ samples }) => samples.map(({ ms }) => ms)));
  const mostReady = Math.max(1, ...series.flatMap(({ samples }) => samples.map(({ ready }) => ready)));
  const x = (ms: number): number => MARGIN.left + (ms / mostMs) * (WIDTH - MARGIN.left - MARGIN.right);
  const y = (ready: number): number =>
    HEIGHT - MARGIN.bottom - (ready / mostReady) * (HEIGHT - MARGIN.top - MARGIN.bottom);
  const grid = [
    ...ticks(mostMs).map(
      (ms) =>
        `<line x1="${x(ms)}" y1="${MARGIN.top}" x2="${x(ms)}" y2="${y(0)}" stroke="#ddd"/>` +
        `<text x="${x(ms)}" y="${HEIGHT - 20}" text-anchor="middle">${ms / 1000} s</text>`,
    ),
    ...ticks(mostReady).map(
      (ready) =>
        `<line x1="${MARGIN.left}" y1="${y(ready)}" x2="${WIDTH - MARGIN.right}" y2="${y(ready)}" stroke="#ddd"/>` +
        `<text x="${MARGIN.left - 6}" y="${y(ready) + 4}" text-anchor="end">${ready}</text>`,
    ),
  ];
  const lines = series.map(({ name, samples }, i) => {
    const points = samples.map(({ ms, ready }) => `${x(ms).toFixed(1)},${y(ready).toFixed(1)}`).join(' ');
    const colour = COLOURS[i % COLOURS.length];
    return (
      `<polyline points="${points}" fill="none" stroke="${colour}" stroke-width="2"/>` +
      `<text x="${MARGIN.left + 8 + i * 150}" y="32" fill="${colour}">${escaped(name)}</text>`
    );
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${HEIGHT}" font-family="sans-serif" font-size="12">`,
    `<rect width="100%" height="100%" fill="white"/><text x="${MARGIN.left}" y="16" font-weight="bold">${escaped(title)}</text>`,
    ...grid,
    ...lines,
    '</svg>',
    '',
  ].join('\n');
}
