import { mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { execa } from 'execa';
import { describe, expect, it } from 'vitest';

const ROOT = path.join(import.meta.dirname, '../..');
const EXAMPLES = path.join(ROOT, 'examples/simulations');
const CLI = path.join(ROOT, 'packages/cli/dist/main.js');

/** Runs the command as a user does. */
const simulate = (...args: string[]) => execa('node', [CLI, 'simulate', ...args], { reject: false });

describe('everynode simulate', () => {
  it('ends with 1 when a step does not hold, and with 2 for a bad scenario, with its line', async () => {
    const folder = await mkdtemp(path.join(tmpdir(), 'everynode-simulate-'));
    const scenario = (step: string): string =>
      `apiVersion: everynode.io/v1\nkind: Simulation\nmetadata: { name: x }\nspec:\n  fleet: { groups: [{ name: w, count: 2 }] }\n  steps:\n    - ${step}\n`;
    const file = path.join(folder, 'scenario.yaml');
    await writeFile(file, scenario('waitFor: { daemonSet: missing, condition: RolledOut }'));
    const failed = await simulate(file);
    expect(failed.exitCode).toBe(1);
    expect(failed.stdout).toContain('there is no DaemonSet missing');
    await writeFile(file, scenario('wait: soon'));
    const bad = await simulate(file);
    expect(bad.exitCode).toBe(2);
    expect(bad.stderr).toContain(`${file}:7: spec.steps.0.wait`);
    expect((await simulate()).exitCode).toBe(2);
  });

  it('writes a report that needs nothing but itself', async () => {
    const folder = await mkdtemp(path.join(tmpdir(), 'everynode-simulate-'));
    const file = path.join(folder, 'report.html');
    const { exitCode } = await simulate(path.join(EXAMPLES, 'first-rollout.yaml'), '--report', file);
    expect(exitCode).toBe(0);
    const html = await readFile(file, 'utf8');
    expect(html).toContain('<h1>first-rollout</h1>');
    expect(html).toContain('<svg');
    expect(html).not.toMatch(/(src|href)=/);
  });

  it('compares strategies', async () => {
    const { stdout } = await simulate(
      path.join(EXAMPLES, 'slow-to-be-ready.yaml'),
      ...['--compare', 'maxUnavailable=10%,zone', 'maxSurge=25%'],
    );
    expect(stdout.split('\n').map((line) => line.split(/ {3,}/)[0])).toEqual([
      'STRATEGY',
      'maxUnavailable=10%',
      'maxUnavailable=zone',
      'maxSurge=25%',
    ]);
  });
});
