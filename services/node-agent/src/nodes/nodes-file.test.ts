import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { nodesFrom } from './hosted-nodes.js';
import { readNodesFile } from './nodes-file.js';

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'everynode-nodes-'));
});
afterAll(() => rm(directory, { recursive: true }));

async function read(text: string) {
  const path = join(directory, 'nodes.yaml');
  await writeFile(path, text);
  return readNodesFile(path);
}

const namesOf = (nodes: { name: string }[]) => nodes.map(({ name }) => name);

describe('the nodes file', () => {
  it.each([
    { text: 'nodes: [{ name: a, taint: [] }]', error: '/nodes/0 must NOT have additional properties' },
    { text: 'nodes: [{ labels: {} }]', error: "/nodes/0 must have required property 'name'" },
    { text: 'generate: { count: -1 }', error: '/generate/count must be >= 0' },
    { text: 'simulation: { failureRate: 2 }', error: '/simulation/failureRate must be <= 1' },
    { text: 'simulation: { failure: explode }', error: '/simulation/failure must be equal to constant' },
    { text: '[]', error: 'the file must be object' },
  ])('is refused with what is wrong: $text', async ({ text, error }) => {
    await expect(read(text)).rejects.toThrow(error);
  });

  it('names nodes, with their labels, taints and resources', async () => {
    const file = await read(`
      nodes:
        - { name: a, labels: { zone: x }, annotations: { note: y }, taints: [{ key: k, effect: NoSchedule }], capacity: { cpu: "2" } }
        - name: b`);
    const [a, b] = nodesFrom(file);
    expect(a).toMatchObject({
      name: 'a',
      labels: { zone: 'x', 'kubernetes.io/hostname': 'a', 'kubernetes.io/os': 'linux' },
      annotations: { note: 'y' },
      taints: [{ key: 'k', effect: 'NoSchedule' }],
      capacity: { cpu: '2' },
    });
    expect(b).toMatchObject({ name: 'b', taints: [], capacity: {} });
    expect(a?.number).not.toBe(b?.number);
    expect(nodesFrom(file)[0]?.number).toBe(a?.number);
  });

  it.each([
    { generate: { count: 3 }, names: ['node-00001', 'node-00002', 'node-00003'] },
    { generate: { count: 2, from: 9, pattern: 'n%d' }, names: ['n9', 'n10'] },
    { generate: { count: 1, pattern: 'a-%03d-b' }, names: ['a-001-b'] },
    { generate: { count: 0 }, names: [] },
  ])('generates nodes: $generate', ({ generate, names }) => {
    expect(namesOf(nodesFrom({ generate }))).toEqual(names);
  });

  it('has the same zones however the fleet is cut into files', () => {
    const zones = ['a', 'b', 'c'];
    const zonesOf = (from: number, count: number) =>
      nodesFrom({ generate: { from, count, zones } }).map(({ labels }) => labels['topology.kubernetes.io/zone']);
    expect([...zonesOf(1, 4), ...zonesOf(5, 3)]).toEqual(zonesOf(1, 7));
    expect(zonesOf(1, 4)).toEqual(['a', 'b', 'c', 'a']);
  });

  it.each([
    { file: { nodes: [{ name: 'a' }, { name: 'a' }] }, error: 'names a twice' },
    { file: { nodes: [{ name: 'node-00001' }], generate: { count: 1 } }, error: 'names node-00001 twice' },
    { file: { generate: { count: 1, pattern: 'node' } }, error: 'no place for a number' },
    { file: { generate: { count: 50_000 } }, error: 'node numbers end at 49999' },
  ])('is refused where its nodes cannot all exist: $error', ({ file, error }) => {
    expect(() => nodesFrom(file)).toThrow(error);
  });
});
