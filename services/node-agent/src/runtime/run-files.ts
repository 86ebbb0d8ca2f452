import { chmodSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { MountSpec } from '@everynode/container-shim';
import type { Container } from '@everynode/objects';

/** The runs of a container of which something is kept: the newest, and the one before it. */
export const KEPT_RUNS = 2;

const DEFAULT_MESSAGE_PATH = '/dev/termination-log';

/** Where a container writes why it ends, in the folder of its run. */
export const messageFile = (folder: string): string => join(folder, 'termination-log');

/** Makes the folder of a run that begins. A try that nothing came of may have left one. */
export function makeRunFolder(folder: string): void {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  writeFileSync(messageFile(folder), '');
  // Not by the mode of its creation, which the umask narrows: the user of a container may be any.
  chmodSync(messageFile(folder), 0o666);
}

/** Shows that file to the container. */
export const messageMount = (folder: string, { terminationMessagePath }: Pick<Container, 'terminationMessagePath'>) =>
  ({
    root: messageFile(folder),
    subPath: '',
    target: terminationMessagePath || DEFAULT_MESSAGE_PATH,
    readOnly: false,
    propagation: 'private',
  }) satisfies MountSpec;
