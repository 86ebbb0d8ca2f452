import { describe, expect, it } from 'vitest';
import { keyPairWarnings } from './key-pair-warnings.js';

const warningsOf = (crt: string, key = ''): string[] => {
  const data = { 'tls.crt': Buffer.from(crt).toString('base64'), 'tls.key': Buffer.from(key).toString('base64') };
  return keyPairWarnings({ type: 'kubernetes.io/tls', data });
};
const NONE = 'tls: failed to find any PEM data in certificate input';
const skipped = (types: string) =>
  `tls: failed to find "CERTIFICATE" PEM block in certificate input after skipping PEM blocks of the following types: [${types}]`;
const block = (type: string, text = 'x\n') => `-----BEGIN ${type}-----\n${text}-----END ${type}-----\n`;

describe('the blocks of a certificate', () => {
  it.each([
    ['nothing', '', NONE],
    ['no end', '-----BEGIN A-----\nx\n', NONE],
    ['an end before the beginning', '-----END A-----\n-----BEGIN A-----\n', NONE],
    ['another end', `-----BEGIN A-----\n${block('B')}`, skipped('B')],
    ['two of a type', block('A') + block('A'), skipped('A A')],
    ['one within another', block('A', block('B')), skipped('A')],
    ['one after one that has no end', `-----BEGIN A-----\n${block('B')}${block('C')}`, skipped('B C')],
    [
      'dashes of an end that are those of a beginning',
      '-----BEGIN A-----\n-----END A-----BEGIN B-----\n',
      skipped('A'),
    ],
  ])('%s', (_what, text, warning) => {
    expect(warningsOf(text)).toEqual([warning]);
  });

  it('are found in linear time', () => {
    const begins = Array.from({ length: 40_000 }, (_, at) => `-----BEGIN a${at}-----\n`).join('');
    expect(warningsOf(begins)).toEqual([NONE]);
    expect(warningsOf('-----BEGIN a-----\n'.repeat(40_000))).toEqual([NONE]);
  });
});
