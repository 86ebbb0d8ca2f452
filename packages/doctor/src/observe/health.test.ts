import { describe, expect, it } from 'vitest';
import { parseChecks, parseMetrics } from './health.js';

describe('the answer of a health port', () => {
  it('has a check a line, with its reason and since when', () => {
    const text = [
      '[+]start ok',
      '[-]postgres failed: writes fail: the disk is full (53100) (since 2026-01-01T00:00:00.000Z)',
      '[!]nats degraded: not connected (since 2026-01-01T00:00:01.000Z)',
      '[+]cache excluded: ok',
      'readyz check failed',
      '',
    ].join('\n');
    expect(parseChecks(text)).toEqual([
      { name: 'start', state: 'ok', reason: '', since: null },
      {
        name: 'postgres',
        state: 'failed',
        reason: 'writes fail: the disk is full (53100)',
        since: '2026-01-01T00:00:00.000Z',
      },
      { name: 'nats', state: 'degraded', reason: 'not connected', since: '2026-01-01T00:00:01.000Z' },
      { name: 'cache', state: 'ok', reason: '', since: null },
    ]);
  });

  it('has metrics, of which those without labels are read', () => {
    const text = '# HELP a b\n# TYPE a gauge\neverynode_x 3\neverynode_y{state="z"} 4\neverynode_w 1.5e3\n';
    expect(parseMetrics(text)).toEqual({ everynode_x: 3, everynode_w: 1500 });
  });
});
