import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const module = fileURLToPath(new URL('./stop-signals.ts', import.meta.url));

it.each(['SIGINT', 'SIGTERM'] as const)('%s aborts, and then nothing of it heeds signals', async (name) => {
  const script = `
    import { heedsStopSignals, stoppedBySignal } from ${JSON.stringify(module)};
    const timer = setInterval(() => undefined, 1000);
    stoppedBySignal().signal.addEventListener('abort', () => {
      process.stdout.write(heedsStopSignals() ? 'heeds' : 'aborted');
      clearInterval(timer);
    });
    process.stdout.write('ready ');
  `;
  const child = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '--eval', script]);
  let printed = '';
  child.stdout.on('data', (text: Buffer) => {
    if (printed === '') child.kill(name);
    printed += text.toString();
  });
  const [code] = await once(child, 'close');
  expect([code, printed]).toEqual([0, 'ready aborted']);
});
