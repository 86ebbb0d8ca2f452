import { describe, expect, it } from 'vitest';
import { isOfFormat } from './text-formats.js';

describe('named formats', () => {
  it.each<[string, string[], string[]]>([
    ['date', ['2026-02-28'], ['2026-02-30', '2026-2-1', 'x']],
    ['date-time', ['2026-01-01T00:00:00Z', '2026-01-01T00:00:00.5+01:00'], ['2026-01-01', '2026-01-01T25:00:00Z']],
    ['duration', ['1h30m', '0', '2 days', '1.5s', '1ms 2m'], ['1', 'h', '1x', `${'1ms'.repeat(40)}x`]],
    ['ipv4', ['10.0.0.1'], ['10.0.0.256', '10.0.0', '10.0.0.1.', '010.0.0.1']],
    ['ipv6', ['::1', 'fd00::a', '::ffff:1.2.3.4'], ['1', ':::', 'g::1']],
    ['cidr', ['10.0.0.0/8', 'fd00::/64'], ['10.0.0.0/33', '10.0.0.0', '::/129']],
    ['mac', ['00:1a:2b:3c:4d:5e', '001a.2b3c.4d5e'], ['00:1a:2b:3c:4d', '00:1a-2b:3c:4d:5e']],
    ['uuid', ['123e4567-e89b-12d3-a456-426614174000'], ['123e4567']],
    ['uuid4', ['123e4567-e89b-42d3-a456-426614174000'], ['123e4567-e89b-12d3-a456-426614174000']],
    ['hostname', ['a.example.com'], ['-a', 'a..b', `${'a'.repeat(64)}.com`]],
    ['uri', ['https://example.com/a%20b', '/a', 'urn:x'], ['a b', 'example.com', 'https:', '/%zz']],
    ['email', ['a@example.com', 'A <a@example.com>'], ['a', '@b']],
    ['byte', ['YQ=='], ['YQ']],
    ['isbn', ['0-306-40615-2', '978-0-306-40615-7'], ['0-306-40615-3']],
    ['creditcard', ['4111 1111 1111 1111'], ['4111 1111 1111 1112']],
    ['hexcolor', ['#fff', 'A0B1C2'], ['#ff']],
    ['rgbcolor', ['rgb(1, 2, 255)'], ['rgb(1,2,256)']],
    ['k8s-short-name', ['a-b'], ['A', 'a.b']],
    ['k8s-long-name', ['a.b'], ['a..b']],
    ['unknown', ['anything'], []],
    ['constructor', ['anything'], []],
  ])('%s', (format, right, wrong) => {
    expect(right.filter((text) => !isOfFormat(text, format))).toEqual([]);
    expect(wrong.filter((text) => isOfFormat(text, format))).toEqual([]);
  });
});
