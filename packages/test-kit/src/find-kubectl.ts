import { execa } from 'execa';
import { type Layer, packagedProgram } from './packaged-program.js';

/**
 * Returns the path of a real kubectl: `$KUBECTL`, else the one on PATH, else the one inside the npm package of a Lambda
 * layer (Linux on x64).
 * @throws Error that describes how to get one.
 */
export async function findKubectl(): Promise<string> {
  const named = process.env.KUBECTL;
  if (named) return named;
  if (await answers('kubectl')) return 'kubectl';
  const packaged = await packagedKubectl();
  if (packaged !== undefined) return packaged;
  throw new Error(
    'these tests need a real kubectl and found none: install it (kubernetes.io/docs/tasks/tools) or set KUBECTL',
  );
}

/** Returns the path of the kubectl inside the npm package; undefined where it does not run. */
export function packagedKubectl(layer?: Layer): Promise<string | undefined> {
  return packagedProgram('kubectl', answers, layer);
}

async function answers(command: string): Promise<boolean> {
  const { failed } = await execa(command, ['version', '--client'], { reject: false });
  return !failed;
}
