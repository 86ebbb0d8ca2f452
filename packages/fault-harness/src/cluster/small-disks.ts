import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';

/** Mounts a tmpfs of so many MiB on each folder of `dir`, for as long as the cluster runs. Only root may. */
export async function mountSmallDisks(dir: string, sizes: Record<string, number>): Promise<() => Promise<void>> {
  const mounted: string[] = [];
  for (const [name, size] of Object.entries(sizes)) {
    const path = join(dir, name);
    await mkdir(path, { recursive: true, mode: 0o711 });
    await execa('mount', ['-t', 'tmpfs', '-o', `size=${size}m`, 'tmpfs', path]);
    mounted.push(path);
  }
  return async () => {
    for (const path of mounted) await execa('umount', ['--lazy', path]);
  };
}
