import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** The root of the checkout, with a slash at its end. */
export const root = fileURLToPath(new URL('../../', import.meta.url));

/** A file of the checkout: its path from the root, with `/`, and its text. */
export interface TreeFile {
  path: string;
  text: string;
}

/** Every path that belongs to the tree: what git tracks, and new files that git does not ignore. */
export const paths: readonly string[] = listPaths();

function listPaths(): string[] {
  const list = (...flags: string[]) =>
    execFileSync('git', ['ls-files', '-z', ...flags], { cwd: root, encoding: 'utf8' }).split('\0');
  const deleted = new Set(list('--deleted'));
  return list('--cached', '--others', '--exclude-standard').filter((path) => path !== '' && !deleted.has(path));
}

export function filesWith(...endings: string[]): TreeFile[] {
  return paths
    .filter((path) => endings.some((ending) => path.endsWith(ending)))
    .map((path) => ({ path, text: readFileSync(`${root}${path}`, 'utf8') }));
}

/** A line of a comment, with its number from 1. `text` is the comment without its marks. */
export interface CommentLine {
  number: number;
  line: string;
  text: string;
}

/** The comment lines of a TypeScript or JavaScript file; of a line of code, the comment behind it. */
export function commentLines({ text }: TreeFile): CommentLine[] {
  return text.split('\n').flatMap((line, index) => {
    const match = /^\s*(?:\/\/|\/\*+|\*)(.*)$/.exec(line) ?? /[;,{}()\]]\s+\/\/ (.*)$/.exec(line);
    return match ? [{ number: index + 1, line, text: match[1] ?? '' }] : [];
  });
}
