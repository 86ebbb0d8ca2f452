import { describe, expect, it } from 'vitest';
import { RequestInfo } from './request-info.js';

const PODS = '/api/v1/namespaces/a/pods';

describe('a request', () => {
  it.each([
    ['GET', `${PODS}/p?pretty=1`, 'resource', 'get'],
    ['GET', PODS, 'resource', 'list'],
    ['GET', `${PODS}?watch=1`, 'resource', 'watch'],
    ['GET', '/api/v1/watch/namespaces/a/pods', 'resource', 'watch'],
    ['POST', PODS, 'resource', 'create'],
    ['POST', `${PODS}/p/binding`, 'resource', 'create'],
    ['DELETE', PODS, 'resource', 'deletecollection'],
    ['HEAD', PODS, 'resource', 'head'],
    ['POST', '/api/v1/namespaces/a/bindings', 'posted', 'create'],
    ['POST', '/apis/authentication.k8s.io/v1/tokenreviews', 'posted', 'create'],
    ['PUT', '/apis/authentication.k8s.io/v1/tokenreviews', 'posted', 'put'],
    ['POST', '/api/v1/namespaces/%00/bindings', 'unknown', 'post'],
    ['GET', '/apis/explain.everynode.io/v1/namespaces/a/daemonsets/d', 'unknown', 'get'],
    ['GET', '/version', 'unknown', 'get'],
    ['GET', '/api/v1/namespaces/a/nothing', 'unknown', 'get'],
  ])('%s %s names a %s with the verb %s', (method, url, kind, verb) => {
    const info = new RequestInfo(method, url);
    expect([info.target.kind, info.verb]).toEqual([kind, verb]);
  });

  it('is read once', () => {
    const info = new RequestInfo('GET', `${PODS}/p?timeout=3s`);
    expect(info.target).toBe(info.target);
    expect([info.path, info.query.text('timeout')]).toEqual([`${PODS}/p`, '3s']);
  });

  it.each([
    ['GET', `${PODS}?watch=1`, true],
    ['GET', '/api/v1/watch/namespaces/a/pods', true],
    ['GET', '/api/v1/%77atch/namespaces/a/pods', true],
    ['GET', PODS, false],
    ['GET', `${PODS}/p?watch=1`, false],
    ['GET', '/apis?watch=1', false],
    ['GET', '/api/v1/namespaces/%00/pods', false],
    ['DELETE', `${PODS}?watch=1`, false],
    ['GET', `${PODS}/p/log`, true],
    ['POST', `${PODS}/p/exec?command=ls`, true],
    ['GET', `${PODS}/p/%6cog/`, true],
    ['GET', `${PODS}/p/status`, false],
    ['GET', `${PODS}/log`, false],
  ])('%s %s takes as long as its client wants: %s', (method, url, expected) => {
    expect(new RequestInfo(method, url).isLongRunning).toBe(expected);
  });

  it.each(['/api/v1/namespaces/%zz/pods', '/api/v1/namespaces/%00/bindings'])(
    'keeps the error of a path that cannot be read, for its answer: %s',
    (path) => {
      const info = new RequestInfo('POST', path);
      expect(info.target).toMatchObject({ kind: 'unknown', error: { reason: 'BadRequest' } });
      expect(info.target).toBe(info.target);
    },
  );
});
