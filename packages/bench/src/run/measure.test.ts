import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { KubeClient } from '../client/kube-client.js';
import type { ClusterSize } from '../cluster/host-protocol.js';
import { SCENARIOS } from '../scenarios/index.js';
import type { ClientScenario, Scenario } from '../scenarios/scenario.js';
import { measure } from './measure.js';
import { Session } from './session.js';
import { ownClusters, sharedClusters, turnsOf } from './turns.js';

const scenario = (name: string, rest: Partial<ClientScenario> = {}): ClientScenario => ({
  name,
  about: '',
  needs: 'any API server',
  isDefault: true,
  repeats: false,
  deadlineMs: () => 10_000,
  prepare: async () => undefined,
  run: async () => ({ figures: [{ name: 'time', value: 3, unit: 'ms' }] }),
  ...rest,
});
const named = (scenarios: readonly Scenario[]) => scenarios.map(({ name }) => name);
const size = (nodes: number, replicas = 2): ClusterSize => ({
  nodes,
  agents: 2,
  apiReplicas: replicas,
  schedulerReplicas: replicas,
});

describe('the turns of a bench', () => {
  it('are floors, then rounds of what repeats, then the others', () => {
    const scenarios = [
      scenario('a', { repeats: true, hasFloor: true }),
      scenario('b'),
      scenario('c', { repeats: true }),
    ];
    const turns = turnsOf(scenarios, { repeat: 2, withFloor: true });
    expect(turns.map((turn) => `${turn.scenario.name}${turn.round}`)).toEqual(['a0', 'a1', 'c1', 'a2', 'c2', 'b1']);
    expect(turnsOf(scenarios, { repeat: 1, withFloor: false }).map(({ round }) => round)).toEqual([1, 1, 1]);
  });

  it('share a cluster of each size, but for scenarios that start empty or have their own size', () => {
    const scenarios = [scenario('a'), scenario('empty', { startsEmpty: true }), scenario('few', { mostNodes: 100 })];
    const shared = sharedClusters(scenarios, [size(10), size(1000)]);
    expect(shared.map((turns) => [turns.size.nodes, turns.nodes, named(turns.scenarios)])).toEqual([
      [10, 10, ['a', 'few']],
      [0, 10, ['empty']],
      [1000, 1000, ['a']],
      [0, 1000, ['empty']],
    ]);
    const own = ownClusters(scenarios, [size(10), size(1000), size(1000, 4)]);
    expect(own.map((turns) => [turns.size.nodes, turns.size.apiReplicas, named(turns.scenarios)])).toEqual([
      [100, 2, ['few']],
      [100, 4, ['few']],
    ]);
  });
});

describe('measuring a scenario', () => {
  const options = { choices: { relabels: 1, attackers: [] }, say: () => undefined, stop: new AbortController().signal };
  let directory: string;
  let session: Session;

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'everynode-measure-'));
    const kubeconfig = join(directory, 'kubeconfig');
    const cluster = { name: 'c', cluster: { server: 'https://127.0.0.1:1' } };
    const context = { name: 'x', context: { cluster: 'c', user: 'u' } };
    const config = {
      clusters: [cluster],
      users: [{ name: 'u', user: {} }],
      contexts: [context],
      'current-context': 'x',
    };
    await writeFile(kubeconfig, JSON.stringify(config));
    // The scenarios here never call the server.
    session = new Session(await KubeClient.open(kubeconfig), ['a', 'b'], undefined);
  });
  afterAll(async () => {
    session.close();
    await rm(directory, { recursive: true });
  });

  it('prepares it, and returns its run with where it ran', async () => {
    const steps: string[] = [];
    const measured = await measure(
      session,
      { scenario: scenario('a', { prepare: async () => void steps.push('prepared') }), round: 2 },
      options,
    );
    expect(steps).toEqual(['prepared']);
    expect(measured).toEqual({
      kind: 'run',
      run: {
        scenario: 'a',
        nodes: 2,
        replicas: undefined,
        round: 2,
        figures: [{ name: 'time', value: 3, unit: 'ms' }],
      },
    });
  });

  it('rejects after the deadline, even when the scenario ignores it', async () => {
    const stuck = scenario('a', { deadlineMs: () => 10, run: () => new Promise(() => undefined) });
    await expect(measure(session, { scenario: stuck, round: 1 }, options)).rejects.toThrow('it took too long');
  });

  it('rejects a scenario that needs processes of our own', async () => {
    const own = SCENARIOS.find(({ needs }) => needs === 'own processes');
    if (!own) throw new Error('there is no such scenario');
    await expect(measure(session, { scenario: own, round: 1 }, options)).rejects.toThrow('processes of our own');
  });
});
