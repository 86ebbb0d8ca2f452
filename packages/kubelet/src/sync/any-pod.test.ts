import type { Container, LifecycleHandler, PodSpec, Probe } from '@everynode/objects';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { container, type Machine, PlayedPod } from '../../fixtures/played-pod.js';

/** What holds for every pod, whatever its spec says and whatever its machine does. */

const small = (max: number) => fc.integer({ min: 0, max });
const probe: fc.Arbitrary<Probe> = fc.record(
  {
    initialDelaySeconds: small(5),
    periodSeconds: fc.integer({ min: 1, max: 5 }),
    failureThreshold: fc.integer({ min: 1, max: 3 }),
    terminationGracePeriodSeconds: fc.integer({ min: 1, max: 9 }),
  },
  { requiredKeys: [] },
);
const hook: fc.Arbitrary<LifecycleHandler> = fc.oneof(
  fc.constant<LifecycleHandler>({ exec: { command: ['x'] } }),
  small(8).map((seconds) => ({ sleep: { seconds } })),
);
const parts = fc.record(
  {
    startupProbe: probe,
    livenessProbe: probe,
    readinessProbe: probe,
    lifecycle: fc.record({ preStop: hook, postStart: hook }, { requiredKeys: [] }),
  },
  { requiredKeys: [] },
);
const containers = (prefix: string, max: number, rest: fc.Arbitrary<object>) =>
  fc
    .array(fc.tuple(parts, rest), { minLength: prefix === 'm' ? 1 : 0, maxLength: max })
    .map((all) => all.map(([own, more], at): Container => container(`${prefix}${at}`, { ...own, ...more })));
const spec: fc.Arbitrary<Partial<PodSpec>> = fc.record({
  restartPolicy: fc.constantFrom('Always', 'OnFailure', 'Never'),
  terminationGracePeriodSeconds: small(20),
  initContainers: containers('i', 3, fc.constantFrom({}, { restartPolicy: 'Always' })).map((all) =>
    all.map((one) => (one.restartPolicy ? one : container(one.name))),
  ),
  containers: containers('m', 2, fc.constant({})),
});

/** A machine that does the same each time for the same seed. */
function machineOf(seed: number, faults: number): Partial<Machine> {
  const draw = (...parts: (string | number)[]): number => {
    let hash = seed | 1;
    for (const char of parts.join(' ')) hash = Math.imul(hash ^ char.charCodeAt(0), 16_777_619);
    return ((hash ^ (hash >>> 13)) >>> 0) / 2 ** 32;
  };
  const strikes = (...parts: (string | number)[]) => draw(...parts) < faults;
  return {
    hasImage: (name) => !strikes('image', name),
    pull: (name) => (strikes('pull', name) ? { fault: 'not found' } : { ms: 5, bytes: 1 }),
    startFault: (name, n) =>
      strikes('start', name, n) ? { fault: 'no', isCreated: draw('created', name, n) < 0.5 } : undefined,
    probe: (name, kind, ms) => {
      const passes = !strikes('probe', name, kind, Math.floor(ms / 7000));
      return { verdict: passes ? 'success' : draw('error', name, ms) < 0.2 ? 'error' : 'failure', output: 'x' };
    },
    hook: (name, which) => ({
      takesMs: Math.floor(draw('hook', name, which) * 9000),
      ...(strikes('hooked', name, which) && { fault: 'x' }),
    }),
    stopMs: (name) => (strikes('stop', name) ? Number.POSITIVE_INFINITY : Math.floor(draw('stops', name) * 9000)),
    exit: (name, n) =>
      name.startsWith('i') || strikes('exit', name, n)
        ? { afterMs: Math.floor(draw('ends', name, n) * 20_000), code: strikes('code', name, n) ? 1 : 0 }
        : undefined,
  };
}

const steps = fc.array(
  fc.oneof(
    { weight: 5, arbitrary: fc.integer({ min: 1, max: 40_000 }).map((ms) => ({ kind: 'pass' as const, ms })) },
    { weight: 1, arbitrary: small(20).map((grace) => ({ kind: 'end' as const, grace })) },
  ),
  { maxLength: 12 },
);

const timeOf = (line: string): number => Number(line.split(' ')[0]);
/** The lines of the log on one container that begin with a word. */
const linesOf = (played: PlayedPod, word: string, name: string) =>
  played.log.filter((line) => line.split(' ')[1] === word && line.split(' ')[2] === name);

/**
 * When a container that crashes and is not probed may start at the earliest, after the ends of its runs: at once after
 * the first, then after 10 s, doubled up to 300 s, until it has run for ten minutes.
 */
function earliestStarts(exits: readonly number[], starts: readonly number[]): number[] {
  let delay = 0;
  return exits.map((exit, at) => {
    const isAfresh = exit - (starts[at] ?? 0) > 600;
    const wait = isAfresh ? 0 : delay;
    delay = isAfresh || delay === 0 ? 10 : Math.min(300, 2 * delay);
    return exit + wait;
  });
}

describe('any pod', () => {
  it('keeps the promises of a kubelet', () => {
    fc.assert(
      fc.property(spec, fc.nat(), fc.constantFrom(0, 0.1, 0.5), steps, (podSpec, seed, faults, asked) => {
        const played = new PlayedPod(podSpec, machineOf(seed, faults));
        let phase: string | undefined;
        const restarts = new Map<string, number>();
        const check = () => {
          const status = played.status();
          // A pod that has ended stays so.
          if (phase === 'Succeeded' || phase === 'Failed') expect(status.phase).toBe(phase);
          phase = status.phase;
          if (phase === 'Succeeded' || phase === 'Failed') expect(played.live.size).toBe(0);
          for (const one of [...(status.initContainerStatuses ?? []), ...(status.containerStatuses ?? [])]) {
            // Counts of restarts never fall.
            expect(one.restartCount).toBeGreaterThanOrEqual(restarts.get(one.name) ?? 0);
            restarts.set(one.name, one.restartCount);
            if (one.ready && one.state?.terminated === undefined) expect(one.state?.running).toBeDefined();
            // What runs by the status runs on the machine.
            if (one.state?.running) expect(played.live.has(one.name)).toBe(true);
          }
        };
        let endedAt: number | undefined;
        for (const step of asked) {
          if (step.kind === 'pass') played.pass(step.ms / 1000);
          else {
            endedAt ??= played.nowMs / 1000;
            played.end(step.grace);
          }
          check();
        }
        for (const one of played.run.containers) {
          // A container is never killed sooner than 2 s after its signal.
          const stops = linesOf(played, 'stop', one.name);
          for (const exit of linesOf(played, 'exit', one.name).filter((line) => line.endsWith(' 137'))) {
            const first = stops.find((line) => timeOf(line) <= timeOf(exit));
            expect(timeOf(exit) - timeOf(first ?? exit)).toBeGreaterThanOrEqual(1.999);
          }
          // Nothing is started once the pod ends.
          if (endedAt !== undefined) {
            for (const line of linesOf(played, 'start', one.name)) expect(timeOf(line)).toBeLessThanOrEqual(endedAt);
          }
        }
        // A pod that is asked to end is gone soon after its time.
        played.end(10);
        played.pass(30);
        check();
        expect([played.run.sandbox, played.live.size]).toEqual(['removed', 0]);
      }),
    );
  });

  it('is never restarted before its back-off is over, and soon after that', () => {
    const runs = fc.array(fc.integer({ min: 1, max: 700_000 }), { minLength: 1, maxLength: 12 });
    fc.assert(
      fc.property(runs, (lengths) => {
        const exit = (_name: string, n: number) => {
          const afterMs = lengths[n];
          return afterMs === undefined ? undefined : { afterMs, code: 1 };
        };
        const played = new PlayedPod({}, { exit });
        played.pass(20_000);
        const starts = linesOf(played, 'start', 'c').map(timeOf);
        const exits = linesOf(played, 'exit', 'c').map(timeOf);
        expect(starts.length).toBe(lengths.length + 1);
        for (const [at, earliest] of earliestStarts(exits, starts).entries()) {
          expect(starts[at + 1]).toBeGreaterThanOrEqual(earliest - 0.001);
          expect(starts[at + 1]).toBeLessThanOrEqual(earliest + 1.001);
        }
      }),
    );
  });
});
