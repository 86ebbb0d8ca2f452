import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { compact, pretty, yaml } from './text-form.js';

// As JSON has them: no -0, which YAML would tell apart.
const json = fc
  .jsonValue()
  .filter((value) => !JSON.stringify(value).includes('"__proto__"'))
  .map((value) => JSON.parse(JSON.stringify(value)) as unknown);
const shape = fc.record({
  head: fc.dictionary(fc.stringMatching(/^[a-z]{1,5}$/), json, { minKeys: 1, maxKeys: 3 }),
  items: fc.array(fc.record({ a: json, b: fc.string() }), { maxLength: 4 }),
});

describe('a list', () => {
  it('says the same in every form, a piece at a time', () => {
    fc.assert(
      fc.property(shape, fc.boolean(), ({ head, items }, noneIsNull) => {
        const written = {
          head,
          member: 'items' as const,
          items: items.map((item) => JSON.stringify(item)),
          noneIsNull,
        };
        const whole: unknown = JSON.parse(
          JSON.stringify({ ...head, items: items.length > 0 || !noneIsNull ? items : null }),
        );
        expect(JSON.parse([...compact.list(written)].join(''))).toEqual(whole);
        expect([...pretty.list(written)].join('')).toBe(JSON.stringify(whole, null, 2));
        expect(parse([...yaml.list(written)].join(''))).toEqual(whole);
      }),
    );
  });
});
