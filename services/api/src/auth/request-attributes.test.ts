import { resources } from '@everynode/objects';
import { describe, expect, it } from 'vitest';
import { RequestInfo } from '../http/request-info.js';
import { attributesOf } from './request-attributes.js';

const USER = { user: 'jane', groups: [] };

/** `verb group/resource[/subresource] namespace name`, or `verb path`; a dash stands for an empty part. */
function read(method: string, url: string): string {
  const attributes = attributesOf(method, new RequestInfo(method, url), USER);
  if (attributes.kind === 'path') return `${attributes.verb} ${attributes.path}`;
  const { verb, group, resource, subresource, namespace, name } = attributes;
  const what = [group || 'core', resource, ...(subresource ? [subresource] : [])].join('/');
  return [verb, what, namespace || '-', name || '-'].join(' ');
}

describe('what a request wants', () => {
  // Source: apiserver/pkg/endpoints/request/requestinfo_test.go.
  it.each([
    ['GET', '/api/v1/namespaces', 'list core/namespaces - -'],
    ['GET', '/api/v1/namespaces/other', 'get core/namespaces other other'],
    ['PUT', '/api/v1/namespaces/other/finalize', 'update core/namespaces/finalize other other'],
    ['PUT', '/api/v1/namespaces/other/status', 'update core/namespaces/status other other'],
    ['POST', '/api/v1/namespaces', 'create core/namespaces - -'],
    ['GET', '/api/v1/namespaces/other/pods', 'list core/pods other -'],
    ['GET', '/api/v1/namespaces/other/pods?watch=true', 'watch core/pods other -'],
    ['GET', '/api/v1/namespaces/other/pods/foo', 'get core/pods other foo'],
    ['HEAD', '/api/v1/namespaces/other/pods/foo', 'get core/pods other foo'],
    ['GET', '/api/v1/pods', 'list core/pods - -'],
    ['POST', '/api/v1/pods', 'create core/pods - -'],
    ['GET', '/api/v1/nodes/n', 'get core/nodes - n'],
    ['DELETE', '/api/v1/namespaces/other/pods/foo', 'delete core/pods other foo'],
    ['DELETE', '/api/v1/namespaces/other/pods', 'deletecollection core/pods other -'],
    ['PATCH', '/apis/apps/v1/namespaces/other/daemonsets/d/status', 'patch apps/daemonsets/status other d'],
    ['POST', '/api/v1/namespaces/other/pods/foo/eviction', 'create core/pods/eviction other foo'],
    ['GET', '/api/v1/watch/pods', 'watch core/pods - -'],
    ['GET', '/api/v1/watch/namespaces/other/pods/foo', 'watch core/pods other foo'],
    ['GET', '/api/v1/namespaces/other/pods?fieldSelector=metadata.name%3Dfoo', 'list core/pods other foo'],
    ['GET', '/api/v1/namespaces/other/pods?watch=1&fieldSelector=metadata.name%3Dfoo', 'watch core/pods other foo'],
    ['GET', '/api/v1/namespaces/other/pods?fieldSelector=metadata.name%3D..', 'list core/pods other -'],
    ['GET', '/api/v1/namespaces/other/pods?fieldSelector=metadata.name%3Da%2Fb', 'list core/pods other -'],
    ['GET', '/api/v1/namespaces/other/pods?fieldSelector=bad', 'list core/pods other -'],
    ['DELETE', '/api/v1/namespaces/other/pods?fieldSelector=metadata.name%3Dfoo', 'deletecollection core/pods other -'],
    [
      'POST',
      '/apis/authorization.k8s.io/v1/subjectaccessreviews',
      'create authorization.k8s.io/subjectaccessreviews - -',
    ],
    ['POST', '/api/v1/namespaces/other/bindings', 'create core/bindings other -'],
    ['GET', '/apis/example.com/v1/namespaces/other/robots/r/arm/x', 'get example.com/robots/arm other r'],
    ['GET', '/apis/example.com/v1/watch/robots', 'watch example.com/robots - -'],
    ['GET', '/api', 'get /api'],
    ['GET', '/api/v1', 'get /api/v1'],
    ['GET', '/apis/apps/v1/', 'get /apis/apps/v1/'],
    ['POST', '/healthz?verbose', 'post /healthz'],
    ['GET', '/%6detrics', 'get /metrics'],
    ['GET', '/', 'get /'],
  ])('with %s %s is: %s', (method, url, expected) => {
    expect(read(method, url)).toBe(expected);
  });

  it('has the name and place of the resource that is served', () => {
    for (const { group, version, plural, namespaced } of resources) {
      const prefix = group === '' ? `/api/${version}` : `/apis/${group}/${version}`;
      const inside = namespaced ? '/namespaces/ns' : '';
      const place = plural === 'namespaces' ? 'x' : namespaced ? 'ns' : '-';
      const expected = `patch ${group || 'core'}/${plural} ${place} x`;
      expect(read('PATCH', `${prefix}${inside}/${plural}/x`)).toBe(expected);
    }
  });
});
