import { accessSync, constants, statSync } from 'node:fs';

/** Names of images, and the programs of this machine that they stand for. */
export type ImageList = ReadonlyMap<string, string>;

/**
 * Reads `name=path` for each image, with commas or line ends between them.
 * @throws Error for an entry of another form, or with a path that is not absolute.
 */
export function imagesFrom(text: string): ImageList {
  const images = new Map<string, string>();
  for (const entry of text.split(/[,\n]/).map((one) => one.trim())) {
    if (entry === '') continue;
    const at = entry.lastIndexOf('=');
    const path = entry.slice(at + 1);
    if (at < 1 || !path.startsWith('/')) {
      throw new Error(`${JSON.stringify(entry)} is not an image: write NAME=/path/of/its/program`);
    }
    images.set(entry.slice(0, at), path);
  }
  return images;
}

/** The program that an image stands for: an absolute path is one itself. Undefined for a name that is not listed. */
export function programOf(image: string, images: ImageList): string | undefined {
  return images.get(image) ?? (image.startsWith('/') ? image : undefined);
}

/** The size of a program in bytes, or why it is none. */
export function lookAtProgram(
  image: string,
  images: ImageList,
): { bytes: number; fault?: undefined } | { fault: string } {
  const program = programOf(image, images);
  if (program === undefined) {
    return { fault: `${image}: not found: it is no absolute path, and not in the list of images of this node` };
  }
  try {
    accessSync(program, constants.X_OK);
    const stats = statSync(program);
    return stats.isFile() ? { bytes: stats.size } : { fault: `${program}: not a program` };
  } catch (error) {
    return { fault: (error as Error).message };
  }
}
