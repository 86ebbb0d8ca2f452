import { describe, expect, it } from 'vitest';
import { loginsFor } from './registry-logins.js';

const inBase64 = (text: string): string => Buffer.from(text).toString('base64');
const secretOf = (...keys: string[]) => {
  const auths = Object.fromEntries(keys.map((key) => [key, { auth: inBase64(`${key}:se:cret`) }]));
  return { data: { '.dockerconfigjson': inBase64(JSON.stringify({ auths })) } };
};

describe('the logins for an image', () => {
  it.each([
    ['nginx', ['https://index.docker.io/v1/'], ['https://index.docker.io/v1/']],
    ['docker.io/library/nginx:1', ['docker.io'], ['docker.io']],
    ['quay.io/a/b:1', ['quay.io', 'quay.io/a', 'quay.io/ab', 'gcr.io'], ['quay.io/a', 'quay.io']],
    ['localhost:5000/a', ['localhost:5000', 'localhost'], ['localhost:5000']],
    ['a.example.com/b@sha256:0f', ['*.example.com', '*.com', 'a.*.com'], ['*.example.com', 'a.*.com']],
    ['aba.io/x', ['a*a.io', 'ab*ba.io', '*b*.io', 'a**.i*'], ['a*a.io', '*b*.io', 'a**.i*']],
    ['user/image', ['quay.io', 'user'], []],
    ['evil.com/x', ['e.il.com'], []],
  ])('%s, of %j', (image, keys, expected) => {
    const logins = loginsFor(image, [secretOf(...keys)]);
    expect(logins.map(({ serveraddress }) => serveraddress)).toEqual(expected);
  });

  it('are read in all forms, and those that cannot be read are none', () => {
    const old = { '.dockercfg': inBase64(JSON.stringify({ 'quay.io': { username: 'u', password: 'p' } })) };
    const broken = { '.dockerconfigjson': inBase64('{') };
    const empty = { '.dockerconfigjson': inBase64('{"auths":{"quay.io":{},"a":null,"b":{"auth":1},"c":"d"}}') };
    expect(loginsFor('quay.io/x', [{ data: broken }, { data: old }, { data: empty }, {}, secretOf('quay.io')])).toEqual(
      [
        { username: 'u', password: 'p', serveraddress: 'quay.io' },
        { username: 'quay.io', password: 'se:cret', serveraddress: 'quay.io' },
      ],
    );
  });
});
