import { execa } from 'execa';

/** Shared libraries of a program, by their paths on this machine. */
export async function librariesOf(program: string): Promise<string[]> {
  const { stdout } = await execa('ldd', [program]);
  return [...stdout.matchAll(/(\/\S+) \(0x/g)].map((match) => match[1] ?? '');
}
