import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { request } from 'node:https';
import { setTimeout as delay } from 'node:timers/promises';
import { eventually } from '@everynode/test-kit';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startStack, type TestStack } from './stack.js';

interface ApiProcess {
  name: string;
  state: string;
  pid: number;
  restarts: number;
}

let stack: TestStack;

beforeAll(async () => {
  stack = await startStack(['--fresh', '--nodes', '1', '--agents', '1', '--scheduler-replicas', '1']);
}, 180_000);

afterAll(() => stack.stop(), 60_000);

const apis = async (): Promise<ApiProcess[]> => {
  const { services } = JSON.parse(await stack.everynode('status', '--json')) as { services: ApiProcess[] };
  return services.filter(({ name }) => name.startsWith('api-'));
};

/** The status of one request over a connection of its own, or the code of the error that ended it. */
async function ask(options: { ca: Buffer; port: number }): Promise<number | string> {
  const sent = request({ host: '127.0.0.1', path: '/version', agent: false, ...options }).end();
  try {
    const [answer] = (await once(sent, 'response')) as [IncomingMessage];
    answer.resume();
    await once(answer, 'end');
    return answer.statusCode ?? 0;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? String(error);
  }
}

it('answers every new connection while apis are stopped in turn', async () => {
  const config = await stack.kubectl.json<{ clusters: { cluster: { 'certificate-authority-data': string } }[] }>(
    'config view --raw',
  );
  const ca = Buffer.from(config.clusters[0]?.cluster['certificate-authority-data'] ?? '', 'base64');
  const answers: (number | string)[] = [];
  let isOver = false;
  const clients = Array.from({ length: 4 }, async () => {
    while (!isOver) {
      answers.push(await ask({ ca, port: stack.port }));
      // The machine has work to do besides these handshakes.
      await delay(5);
    }
  });
  for (let turn = 0; turn < 4; turn += 1) {
    const [api] = (await apis()).slice(turn % 2);
    if (api === undefined) throw new Error('there are two apis');
    process.kill(api.pid, 'SIGTERM');
    await eventually(async () => {
      const back = (await apis()).find(({ name }) => name === api.name);
      expect(back).toMatchObject({ state: 'ready', restarts: api.restarts + 1 });
    }, 30_000);
  }
  isOver = true;
  await Promise.all(clients);
  expect(answers.length).toBeGreaterThan(200);
  expect(answers.filter((answer) => answer !== 200)).toEqual([]);
});
