import { CAUSE_REASONS, FIELD_ERROR_TEXTS, STATUS_REASONS } from '@everynode/objects/testing';
import { describe, expect, it } from 'vitest';
import { filesWith } from './tree.js';

const page = filesWith('docs/errors.md')[0]?.text ?? '';
const sources = filesWith('.ts').filter(
  ({ path }) => /^(packages|services)\/[^/]+\/src\//.test(path) && !/\.test(-d)?\.ts$/.test(path),
);

/** Rows of the table under a heading, as cells without their marks. */
function rowsUnder(heading: string): string[][] {
  const [, section = ''] = page.split(`\n## ${heading}\n`);
  const [table = ''] = section.split('\n## ');
  return table
    .split('\n')
    .filter((line) => line.startsWith('| `'))
    .map((line) => line.split('|').map((cell) => cell.trim().replaceAll('`', '')))
    .map((cells) => cells.slice(1, -1));
}

/** `class name, folder, retryable` of every error class. A class without the mark inherits it from ApiError. */
function errorClasses(): string[][] {
  const declared = /\bclass (\w+) extends (?:Error|\w+Error)\b([\s\S]*?)\n}/g;
  return sources.flatMap(({ path, text }) =>
    [...text.matchAll(declared)].map(([, name = '', body = '']) => {
      const retryable = /\n {2}(?:override )?readonly retryable = (true|false);/.exec(body)?.[1];
      const word = retryable === undefined ? 'by its reason' : retryable === 'true' ? 'yes' : 'no';
      return [name, path.split('/').slice(0, 2).join('/'), word];
    }),
  );
}

const yesOrNo = (retryable: boolean): string => (retryable ? 'yes' : 'no');

describe('docs/errors.md', () => {
  it('has a row for every error class, with its mark, and for no other', () => {
    const documented = rowsUnder('Classes').map((cells) => cells.slice(0, 3));
    expect(documented).toEqual(errorClasses().sort(([a = ''], [b = '']) => a.localeCompare(b)));
  });

  it('has a row for every reason of a Status, with its code and its mark, and for no other', () => {
    const documented = rowsUnder('Reasons of a Status').map((cells) => cells.slice(0, 3));
    const reasons = Object.entries(STATUS_REASONS);
    expect(documented).toEqual(
      reasons.map(([reason, { code, retryable }]) => [reason, String(code), yesOrNo(retryable)]),
    );
  });

  it('has a row for every reason of a cause, and for no other', () => {
    const documented = rowsUnder('Reasons of a cause').map(([reason]) => reason);
    expect(documented).toEqual([...CAUSE_REASONS, ...Object.keys(FIELD_ERROR_TEXTS)].sort());
  });
});

describe('error classes', () => {
  it('say whether the same action may succeed later', () => {
    const unmarked = errorClasses().filter(([, , retryable]) => retryable === 'by its reason');
    expect(unmarked.map(([name]) => name).sort()).toEqual(['ApiError', 'MethodNotAllowed', 'WebhookRejection']);
  });

  it('have no reason of a Status that is never used', () => {
    const unused = Object.keys(STATUS_REASONS).filter(
      (reason) =>
        !sources.some(({ path, text }) => !path.endsWith('/status-reasons.ts') && text.includes(`'${reason}'`)),
    );
    expect(unused).toEqual([]);
  });
});
