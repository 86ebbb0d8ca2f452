import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { execa, execaSync } from 'execa';

/** Mounts a tmpfs of so many MiB on each folder of `dir`, for as long as the cluster runs. Only root may. */
export async function mountSmallDisks(dir: string, sizes: Record<string, number>): Promise<() => Promise<void>> {
  const mounted: string[] = [];
  for (const [name, size] of Object.entries(sizes)) {
    const path = join(dir, name);
    await mkdir(path, { recursive: true, mode: 0o711 });
    await execa('mount', ['-t', 'tmpfs', '-o', `size=${size}m`, 'tmpfs', path]);
    mounted.push(path);
  }
  // Also when an error ends the harness: a mount outlives every process.
  const unmount = (): void => {
    for (const path of mounted.splice(0)) execaSync('umount', ['--lazy', path], { reject: false });
  };
  process.once('exit', unmount);
  return () => Promise.resolve(unmount());
}
