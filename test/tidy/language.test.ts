import { describe, expect, it } from 'vitest';
import { commentLines, filesWith } from './tree.js';

const WIDTH = 120;
/** Words that hide the subject of a sentence. docs/glossary.md says what to write. */
const HIDING = /\b(nobody|somebody|whoever|anybody|whom|whomever)\b/i;
/** Strings on one line. Those without a blank are data, such as the account `nobody` of a passwd file. */
const QUOTED = /'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|`(?:[^`\\]|\\.)*`/g;

const sources = filesWith('.ts', '.mjs', '.cjs');
const documents = filesWith('.md');

describe('the language of the tree', () => {
  it(`keeps comments within ${WIDTH} columns`, () => {
    const wide = sources.flatMap((file) =>
      commentLines(file)
        .filter(({ line }) => line.length > WIDTH)
        .map(({ number, line }) => `${file.path}:${number}: ${line.length} columns`),
    );
    expect(wide).toEqual([]);
  });

  it('names the subject of every sentence, in comments', () => {
    const hidden = sources
      .filter(({ path }) => path !== 'test/tidy/language.test.ts')
      .flatMap((file) =>
        commentLines(file)
          .filter(({ text }) => HIDING.test(text))
          .map(({ number, text }) => `${file.path}:${number}:${text}`),
      );
    expect(hidden).toEqual([]);
  });

  it('names the subject of every sentence, in test titles and messages', () => {
    const hidden = sources
      .filter(({ path }) => path.endsWith('.ts') && path !== 'test/tidy/language.test.ts')
      .flatMap(({ path, text }) =>
        text.split('\n').flatMap((line, index) => {
          const sentences = [...line.matchAll(QUOTED)].map(([quoted]) => quoted).filter((quoted) => /\s/.test(quoted));
          return sentences.some((sentence) => HIDING.test(sentence)) ? [`${path}:${index + 1}: ${line.trim()}`] : [];
        }),
      );
    expect(hidden).toEqual([]);
  });

  it('names the subject of every sentence, in documents', () => {
    const hidden = documents
      .filter(({ path }) => path !== 'docs/glossary.md' && path !== 'LICENSE')
      .flatMap(({ path, text }) =>
        text.split('\n').flatMap((line, index) => (HIDING.test(line) ? [`${path}:${index + 1}: ${line.trim()}`] : [])),
      );
    expect(hidden).toEqual([]);
  });

  it('says once how an error is documented: @throws', () => {
    const other = sources.flatMap((file) =>
      commentLines(file)
        .filter(({ text }) => /(^|[.;] )\s*(Throws|Rejects)\b/.test(text))
        .map(({ number, text }) => `${file.path}:${number}:${text}`),
    );
    expect(other).toEqual([]);
  });
});
