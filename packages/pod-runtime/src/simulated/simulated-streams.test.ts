import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import type { LogWanted } from '@everynode/contract';
import type { PodRun } from '@everynode/kubelet';
import type { ContainerState } from '@everynode/objects';
import { describe, expect, it } from 'vitest';
import { SimulatedStreams } from './simulated-streams.js';

const START = Date.parse('2026-01-01T00:00:00Z');
const POD = { namespace: 'default', name: 'p', uid: 'u' };
const WANTED: LogWanted = {
  kind: 'log',
  container: 'c',
  follow: false,
  previous: false,
  timestamps: false,
  stream: 'All',
};
/** The client stays. */
const HERE = new AbortController().signal;
const at = (seconds: number): string => new Date(START + seconds * 1000).toISOString().replace('.000Z', 'Z');

/** Streams of one container with these annotations and this state, so many seconds after its start. */
function streamsAt(seconds: number, annotations: Record<string, string> = {}, state?: ContainerState) {
  const named = Object.entries(annotations).map(([key, value]) => [`simulation.everynode.io/${key}`, value]);
  const run = {
    pod: { metadata: { ...POD, annotations: Object.fromEntries(named) }, spec: {} },
    status: {
      containerStatuses: [
        {
          name: 'c',
          restartCount: 1,
          state: state ?? { running: { startedAt: at(0) } },
          lastState: { terminated: { containerID: 'x', exitCode: 1, startedAt: at(-10), finishedAt: at(-8) } },
        },
      ],
    },
  } as unknown as PodRun;
  const clock = { wallTime: () => START + seconds * 1000 };
  const streams = new SimulatedStreams(
    (uid) => (uid === POD.uid ? run : undefined),
    clock,
    () => [],
  );
  return {
    streams,
    clock,
    run,
    read: async (wanted: Partial<LogWanted> = {}) =>
      await text(Readable.from(await streams.logs(POD, { ...WANTED, ...wanted }, HERE))),
  };
}

const LINES = { log: 'one\ntwo\nthree\n' };
const EVERY = { ...LINES, 'log-every-ms': '1000' };

describe('the log of a simulated container', () => {
  it('says what it is, where the scenario has no lines', async () => {
    expect(await streamsAt(1).read()).toContain('container "c" of pod "p" is simulated: no process runs in it');
  });

  it.each<[string, number, Record<string, string>, Partial<LogWanted>, string]>([
    ['all at the start', 0, LINES, {}, 'one two three'],
    ['one by one, again and again', 4, EVERY, {}, 'one two three one two'],
    ['the last ones', 4, EVERY, { tailLines: 2 }, 'one two'],
    ['none', 4, EVERY, { tailLines: 0 }, ''],
    ['those since a time', 4, EVERY, { since: at(2.5) }, 'one two'],
    ['those since a time after the start', 4, LINES, { since: at(2) }, ''],
    ['those of the last ones since a time', 4, EVERY, { since: at(1), tailLines: 3 }, 'three one two'],
    ['those of the run before', 4, EVERY, { previous: true }, 'one two three'],
    ['none of stderr', 4, EVERY, { stream: 'Stderr' }, ''],
  ])('has lines: %s', async (_what, seconds, annotations, wanted, expected) => {
    expect((await streamsAt(seconds, annotations).read(wanted)).split('\n').filter(Boolean).join(' ')).toBe(expected);
  });

  it('has their times, and ends after a number of bytes', async () => {
    const { read } = streamsAt(1, EVERY);
    expect(await read({ timestamps: true, tailLines: 1 })).toBe('2026-01-01T00:00:01.000000000Z two\n');
    expect(await read({ limitBytes: 6 })).toBe('one\ntw');
  });

  it('is followed until the container ends', async () => {
    const { streams, clock, run } = streamsAt(0, EVERY);
    const following = text(Readable.from(await streams.logs(POD, { ...WANTED, follow: true }, HERE)));
    clock.wallTime = () => START + 5000;
    const [status] = run.status?.containerStatuses ?? [];
    const ended = { containerID: 'x', exitCode: 0, startedAt: at(0), finishedAt: at(2) };
    if (status) status.state = { terminated: ended as never };
    expect(await following).toBe('one\ntwo\nthree\n');
  });

  it('is read no more when its client is gone, though the container goes on', async () => {
    const { streams } = streamsAt(0, LINES);
    const leaving = new AbortController();
    const following = text(Readable.from(await streams.logs(POD, { ...WANTED, follow: true }, leaving.signal)));
    leaving.abort();
    expect(await following).toBe('one\ntwo\nthree\n');
  });

  it('is refused in a kubelet’s words, and of a pod that is not here', async () => {
    const { read, streams } = streamsAt(0, {}, { waiting: { reason: 'ContainerCreating' } });
    await expect(read({ container: 'other' })).rejects.toThrow('container "other" in pod "p" is not available');
    await expect(streams.logs({ ...POD, uid: 'v' }, WANTED, HERE)).rejects.toThrow('is not on this node any more');
  });
});
