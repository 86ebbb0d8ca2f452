import { setTimeout as delay } from 'node:timers/promises';
import type { CheckObservation, HealthObservation } from '../observations.js';
import { SECOND_LOOK_MS } from './postgres.js';

/** A process that takes longer hangs, or is stopped. */
const DEADLINE_MS = 2000;

const LINE = /^\[([+!-])\](\S+) (?:ok|excluded: ok|(?:failed|degraded): (.*?)(?: \(since ([\dT:.Z-]+)\))?)$/;
const STATES = { '+': 'ok', '!': 'degraded', '-': 'failed' } as const;

/** The lines of `/readyz?verbose`; others are left out. */
export function parseChecks(text: string): CheckObservation[] {
  return text.split('\n').flatMap((line) => {
    const [, sign, name, reason = '', since = null] = LINE.exec(line) ?? [];
    if (name === undefined) return [];
    return [{ name, state: STATES[sign as keyof typeof STATES], reason, since }];
  });
}

/** Samples without labels of the Prometheus text format. */
export function parseMetrics(text: string): Record<string, number> {
  const samples = text.split('\n').flatMap((line) => {
    const [, name, value] = /^([a-z_]+) (\S+)$/.exec(line) ?? [];
    return name === undefined ? [] : [[name, Number(value)] as const];
  });
  return Object.fromEntries(samples);
}

/** Asks the health port of a process on this machine. */
export async function observeHealth(port: number): Promise<HealthObservation> {
  const at = `http://127.0.0.1:${port}`;
  const signal = AbortSignal.timeout(DEADLINE_MS);
  try {
    const [ready, metrics] = await Promise.all([
      fetch(`${at}/readyz?verbose`, { signal }),
      fetch(`${at}/metrics`, { signal }),
    ]);
    // The header has whole seconds.
    const clockSkewSeconds = (Date.parse(ready.headers.get('date') ?? '') + 500 - Date.now()) / 1000;
    const checks = parseChecks(await ready.text());
    const metricsBefore = parseMetrics(await metrics.text());
    await delay(SECOND_LOOK_MS);
    const later = await fetch(`${at}/metrics`, { signal: AbortSignal.timeout(DEADLINE_MS) });
    return {
      kind: 'answers',
      checks,
      metricsBefore,
      metrics: parseMetrics(await later.text()),
      clockSkewSeconds: Number.isNaN(clockSkewSeconds) ? 0 : clockSkewSeconds,
    };
  } catch (error) {
    const { code } = (error as { cause?: { code?: string } }).cause ?? {};
    return { kind: code === 'ECONNREFUSED' ? 'gone' : 'silent' };
  }
}
