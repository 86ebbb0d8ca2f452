import { describe, expect, it } from 'vitest';
import { goJson, goQuoted } from './go-print.js';

describe('text as Go prints it', () => {
  it.each([
    ['a "b" \\ c', String.raw`"a \"b\" \\ c"`],
    ['\t\n\r\b\f', String.raw`"\t\n\r\b\f"`],
    ['\u0000\u0007\u000b\u001b\u007f', String.raw`"\x00\a\v\x1b\x7f"`],
    ['\\u001b', String.raw`"\\u001b"`],
    ['ü 😀 <&>', '"ü 😀 <&>"'],
    ['\u00a0\u200b\u{e0001}', String.raw`"\u00a0\u200b\U000e0001"`],
  ])('%j in quotes', (text, expected) => expect(goQuoted(text)).toBe(expected));

  it('escapes in JSON what HTML gives a meaning', () => {
    expect(goJson({ a: ['<b>&'] })).toBe(String.raw`{"a":["\u003cb\u003e\u0026"]}`);
  });
});
