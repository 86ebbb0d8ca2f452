// Whether the build is up to date. What it reads is one hash: every source of every workspace, by path and content, so
// a changed, added, renamed or deleted file shows. What the build writes and tests are not counted.
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { bundleOf, servicesOf, threadsOf } from './bundle-paths.mjs';

const ROOT_FILES = [
  'scripts/bundle.mjs',
  'scripts/bundle-paths.mjs',
  'package.json',
  'package-lock.json',
  'tsconfig.json',
  'tsconfig.base.json',
];
const WORKSPACE_FILES = ['package.json', 'tsconfig.json'];
/** Generated files are written beside these folders, not into them. */
const WORKSPACE_FOLDERS = ['src', 'scripts'];

/** Folders of all workspaces, relative to the root. */
function workspaces(root) {
  return ['packages', 'services'].flatMap((group) =>
    readdirSync(join(root, group), { withFileTypes: true })
      .filter((entry) => entry.isDirectory() && existsSync(join(root, group, entry.name, 'package.json')))
      .map((entry) => join(group, entry.name)),
  );
}

/** Every file below a folder that is no test; none when there is no such folder. Paths are relative to the root. */
function filesBelow(root, folder) {
  if (!existsSync(join(root, folder))) return [];
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return filesBelow(root, path);
    return entry.name.endsWith('.test.ts') ? [] : [path];
  });
}

/** @returns {string} a hash of what the build reads */
function sourceFingerprint(root) {
  const inWorkspaces = workspaces(root).flatMap((workspace) => [
    ...WORKSPACE_FILES.map((file) => join(workspace, file)),
    ...WORKSPACE_FOLDERS.flatMap((folder) => filesBelow(root, join(workspace, folder))),
  ]);
  const hash = createHash('sha256');
  for (const path of [...ROOT_FILES, ...inWorkspaces].sort()) {
    if (!existsSync(join(root, path))) continue;
    const content = readFileSync(join(root, path));
    hash.update(`${path}\0${content.length}\0`).update(content);
  }
  return hash.digest('hex');
}

/** Milliseconds of the last change; undefined when there is no such file. */
const changed = (path) => statSync(path, { throwIfNoEntry: false })?.mtimeMs;

/**
 * @returns {boolean} whether every file and folder that a workspace promises in its package.json is there, and every
 * service's bundle, and no compiler has written since the stamp was made
 */
function isWhole(root, stampedAt) {
  const bundles = [...servicesOf(root).map(bundleOf), ...threadsOf(root).map(({ bundle }) => bundle)];
  if (!bundles.every((bundle) => existsSync(join(root, bundle)))) return false;
  return workspaces(root).every((workspace) => {
    const { files = [] } = JSON.parse(readFileSync(join(root, workspace, 'package.json'), 'utf8'));
    const compiled = changed(join(root, workspace, 'dist', '.tsbuildinfo')) ?? 0;
    return compiled <= stampedAt && files.every((file) => existsSync(join(root, workspace, file)));
  });
}

const stampOf = (root) => join(root, 'node_modules', '.everynode-build');

/**
 * @returns {boolean} whether the last build began with the sources that are there, succeeded, and its output is whole
 */
export function isBuilt(root) {
  const stamp = stampOf(root);
  const stampedAt = changed(stamp);
  if (stampedAt === undefined || readFileSync(stamp, 'utf8') !== sourceFingerprint(root)) return false;
  return isWhole(root, stampedAt);
}

/**
 * Runs a build and marks it as done for the sources that it began with. While it runs, and when it fails, there is no
 * mark.
 */
export async function markBuild(root, build) {
  const fingerprint = sourceFingerprint(root);
  rmSync(stampOf(root), { force: true });
  await build();
  writeFileSync(stampOf(root), fingerprint);
}
