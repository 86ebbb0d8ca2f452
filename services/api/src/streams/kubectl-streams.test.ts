import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { type AddressInfo, connect, createServer } from 'node:net';
import { join } from 'node:path';
import { eventually, findKubectls, inTerminal, Kubectl } from '@everynode/test-kit';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startStreamedPod } from '../../testing/streamed-pods.js';

/** The oldest and the newest; with EVERYNODE_ALL_KUBECTLS=1 each. */
const found = await findKubectls();
const kubectls = process.env.EVERYNODE_ALL_KUBECTLS ? found : [...new Set([found[0], found.at(-1)])];

let pod: Awaited<ReturnType<typeof startStreamedPod>>;

beforeAll(async () => {
  const at = '2026-01-01T00:00:00.123456789Z';
  pod = await startStreamedPod(['first', 'second', 'third'].map((text) => ({ at, stream: 'stdout', text })));
});

afterAll(() => pod.stop());

describe.each(kubectls)('kubectl $version', (one) => {
  const path = one?.path ?? '';
  let kubectl: Kubectl;

  beforeAll(async () => {
    kubectl = await Kubectl.for(pod.kubeconfig, path);
  });

  it('reads logs', async () => {
    expect(await kubectl.run('logs p')).toBe('first\nsecond\nthird');
    expect(await kubectl.run('logs p --tail=1 --timestamps')).toBe('2026-01-01T00:00:00.123456789Z third');
    expect(await kubectl.run('logs p --limit-bytes=8')).toBe('first\nse');
    const wrong = await kubectl.try('logs p -c other');
    expect(wrong.stderr).toContain('container other is not valid for pod p');
  });

  it('follows a log until it ends', async () => {
    const following = execa(path, ['logs', '-f', 'p', '--tail=1'], { env: { KUBECONFIG: pod.kubeconfig } });
    let shown = '';
    following.stdout.on('data', (bytes) => {
      shown += bytes;
    });
    await eventually(() => expect(shown).toBe('third\n'));
    pod.streams.lines.push({ at: '2026-01-01T00:00:01.000000000Z', stream: 'stdout', text: 'fourth' });
    await eventually(() => expect(shown).toBe('third\nfourth\n'));
    pod.streams.isEnded = true;
    await following;
    pod.streams.isEnded = false;
    pod.streams.lines.pop();
  });

  it('runs commands, with their outputs, input and exit code', async () => {
    const failed = await kubectl.try(['exec', 'p', '--', 'sh', '-c', 'echo out; echo err >&2; exit 3']);
    expect(failed).toMatchObject({ stdout: 'out', exitCode: 3 });
    expect(failed.stderr).toContain('err');
    expect(failed.stderr).toContain('command terminated with exit code 3');
    expect(await kubectl.run(['exec', '-i', 'p', '--', 'wc', '-c'], 'x'.repeat(300_000))).toBe('300000');
    const much = await kubectl.run(['exec', 'p', '--', 'sh', '-c', 'head -c 3000000 /dev/zero | tr "\\0" y']);
    expect(much).toHaveLength(3_000_000);
  });

  it('runs a command in a terminal of a size', async () => {
    const shown = await inTerminal(
      `stty cols 91 rows 33; ${path} exec -it p -- sh -c 'while [ "$(stty size)" != "33 91" ]; do :; done; echo size it is; read x; echo got $x; exit 4'`,
      'hello\n',
      { KUBECONFIG: pod.kubeconfig },
    );
    expect(shown).toContain('size it is');
    expect(shown).toContain('got hello');
    expect(shown).toContain('code 4');
  });

  it('attaches', async () => {
    const { stdout } = await kubectl.try('attach -i p', 'echo attached\nexit\n');
    expect(stdout).toContain('attached');
  });

  it('copies files both ways', async () => {
    const [from, within, back] = ['from', 'within', 'back'].map((name) =>
      join(pod.folder, `${name}-${path.replaceAll('/', '_')}`),
    );
    const bytes = Buffer.alloc(2_000_000, 'copied ');
    await writeFile(from ?? '', bytes);
    await kubectl.run(['cp', from ?? '', `default/p:${within}`]);
    expect((await readFile(within ?? '')).equals(bytes)).toBe(true);
    await kubectl.run(['cp', `default/p:${within}`, back ?? '']);
    expect((await readFile(back ?? '')).equals(bytes)).toBe(true);
  });

  it('forwards ports', async () => {
    const { echoPort: port } = pod;
    const closed = createServer();
    closed.listen(0, '127.0.0.1');
    await once(closed, 'listening');
    const free = (closed.address() as AddressInfo).port;
    closed.close();
    const forwarding = execa(path, ['port-forward', 'p', `:${port}`, `:${free}`], {
      env: { KUBECONFIG: pod.kubeconfig },
      reject: false,
    });
    let shown = '';
    for (const output of [forwarding.stdout, forwarding.stderr]) {
      output.on('data', (text) => {
        shown += text;
      });
    }
    const local = (remote: number) => new RegExp(`127\\.0\\.0\\.1:(\\d+) -> ${remote}`).exec(shown)?.[1];
    await eventually(() => expect([local(port), local(free)].every(Boolean)).toBe(true));
    const sent = 'y'.repeat(1_000_000);
    const answers = await Promise.all([1, 2, 3].map(() => echoed(Number(local(port)), sent)));
    expect(answers.every((answer) => answer === sent)).toBe(true);
    await echoed(Number(local(free)), 'x');
    await eventually(() => expect(shown).toMatch(/error forwarding port \d+ to pod p, uid .*ECONNREFUSED/));
    forwarding.kill();
    await forwarding;
  });

  it('leaves nothing behind', async () => {
    const { streams, agent, api } = pod;
    await eventually(() =>
      expect([streams.running.size, agent.tunnels.open, api.context.tunnels.open]).toEqual([0, 0, 0]),
    );
  });
});

async function echoed(port: number, text: string): Promise<string> {
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
  let answer = '';
  socket.on('data', (bytes) => {
    answer += bytes;
  });
  socket.on('error', () => undefined);
  socket.end(text);
  await once(socket, 'close');
  return answer;
}
