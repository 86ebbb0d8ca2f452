import { describe, expect, it } from 'vitest';
import { Notes } from './notes.js';

describe('the warnings of a request', () => {
  it('are told once each, however many a webhook has', () => {
    const notes = new Notes();
    const many = Array.from({ length: 300_000 }, (_, at) => `w${at}`);
    notes.take('w', { warnings: ['w1', 'w0', ...many], auditAnnotations: {} });
    expect(notes.warnings.slice(0, 3)).toEqual(['w1', 'w0', 'w2']);
    expect(notes.warnings).toHaveLength(4096);
  });
});
