import { describe, expect, it } from 'vitest';
import { deepFreeze, expectRefusal } from '../fixtures/expect-refusal.js';
import { lookupType, POD } from '../fixtures/schema.js';
import { applyPatch } from './apply-patch.js';

const schema = { typeName: POD, lookupType };
const pod = deepFreeze({ spec: { containers: [{ name: 'a' }] } });

describe('applyPatch', () => {
  it.each([
    ['application/json-patch+json', '[{"op":"add","path":"/spec/containers/-","value":{"name":"b"}}]', ['a', 'b']],
    ['application/merge-patch+json', '{"spec":{"containers":[{"name":"b"}]}}', ['b']],
    ['application/strategic-merge-patch+json', '{"spec":{"containers":[{"name":"b"}]}}', ['b', 'a']],
    ['Application/Merge-Patch+JSON; charset=utf-8', '{"spec":{"containers":[{"name":"b"}]}}', ['b']],
  ])('takes %s as text, bytes or value', (contentType, text, names) => {
    for (const body of [text, new TextEncoder().encode(text), JSON.parse(text)]) {
      expect(applyPatch(contentType, pod, body, schema)).toEqual({
        spec: { containers: names.map((name) => ({ name })) },
      });
    }
  });

  it.each(['application/json-patch+json', 'application/merge-patch+json', 'application/strategic-merge-patch+json'])(
    'refuses text that is no JSON as %s',
    (contentType) => {
      for (const body of ['{', '', '{} {}']) {
        expectRefusal(
          () => applyPatch(contentType, pod, body, schema),
          'BadRequest',
          /(unexpected end of JSON input|after top-level value)$/,
        );
      }
    },
  );

  it.each(['application/json', 'text/plain', '', 'application/json-patch'])(
    'refuses the media type "%s"',
    (contentType) => {
      const refusal = expectRefusal(
        () => applyPatch(contentType, pod, '{}', schema),
        'UnsupportedMediaType',
        /^415: Unsupported Media Type$/,
      );
      expect(refusal.code).toBe(415);
    },
  );
});
