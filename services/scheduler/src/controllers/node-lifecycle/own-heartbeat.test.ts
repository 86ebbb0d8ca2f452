import { parseEvent } from '@everynode/contract';
import { testLog } from '@everynode/test-kit';
import { expect, it } from 'vitest';
import { OwnHeartbeat } from './own-heartbeat.js';

it('sends a heartbeat that every reader of heartbeats understands, and that names no node', () => {
  const bodies: string[] = [];
  const bus = {
    publish: (_subject: string, _event: unknown, body: string) => {
      bodies.push(body);
      return Promise.resolve();
    },
  };
  new OwnHeartbeat({ bus, log: testLog(), signal: AbortSignal.abort() }, 40_000).send();
  expect(bodies.map((body) => parseEvent('node-heartbeat', body).nodes)).toEqual([[]]);
});
