import { describe, expect, it } from 'vitest';
import { negotiate, wantsPretty } from './negotiate.js';

/** The form in short: kind, encoding and, where it is a form of meta.k8s.io, its version. */
function form(accept: string | undefined, stream = false): string {
  try {
    const wanted = negotiate(accept, { stream });
    const version = wanted.kind === 'object' ? '' : ` ${wanted.version}`;
    const list = wanted.kind === 'metadata' && wanted.list ? ' list' : '';
    return `${wanted.kind} ${wanted.encoding}${version}${list}`;
  } catch (error) {
    return (error as Error).message;
  }
}

const TABLE =
  'application/json;as=Table;v=v1;g=meta.k8s.io,application/json;as=Table;v=v1beta1;g=meta.k8s.io,application/json';
const METADATA = 'as=PartialObjectMetadata;g=meta.k8s.io;v=v1';
const TYPES = 'application/json, application/yaml, application/vnd.kubernetes.protobuf';
const STREAMS = 'application/json;stream=watch, application/vnd.kubernetes.protobuf;stream=watch';

describe('the form of an answer', () => {
  it.each([
    ['nothing', undefined, 'object json'],
    ['an empty header', '', 'object json'],
    ['curl', '*/*', 'object json'],
    ['a browser', 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8', 'object json'],
    ['kubectl get', TABLE, 'table json v1'],
    ['kubectl get -o json', 'application/json', 'object json'],
    ['client-go', 'application/vnd.kubernetes.protobuf,application/json', 'object protobuf'],
    ['client-go, other order', 'application/json, application/vnd.kubernetes.protobuf;q=0.5', 'object json'],
    ['client-go with CBOR', 'application/json;q=0.9,application/cbor;q=1', 'object json'],
    [
      'metadata informers',
      `application/vnd.kubernetes.protobuf;${METADATA},application/json;${METADATA}`,
      'metadata protobuf v1',
    ],
    ['metadata lists', `application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1`, 'metadata json v1 list'],
    ['an old table', 'application/json;as=Table;g=meta.k8s.io;v=v1beta1', 'table json v1beta1'],
    ['a table in YAML', 'application/yaml;as=Table;g=meta.k8s.io;v=v1', 'table yaml v1'],
    [
      'a table in protobuf',
      'application/vnd.kubernetes.protobuf;as=Table;g=meta.k8s.io;v=v1,application/json',
      'object json',
    ],
    [
      'an unknown version, with a way out',
      'application/json;as=Table;g=meta.k8s.io;v=v2,application/yaml',
      'object yaml',
    ],
    [
      'an unknown version',
      'application/json;as=Table;g=meta.k8s.io;v=v2',
      `only the following media types are accepted: ${TYPES}`,
    ],
    [
      'an unknown group',
      'application/json;as=Table;g=example.com;v=v1',
      `only the following media types are accepted: ${TYPES}`,
    ],
    ['HTML', 'text/html', `only the following media types are accepted: ${TYPES}`],
    ['what is not wanted', 'application/json;q=0', `only the following media types are accepted: ${TYPES}`],
    ['the specific before the wild', '*/*,application/yaml', 'object yaml'],
    ['any application type', 'application/*', 'object json'],
    ['parameters that say nothing', 'application/json;charset=utf-8', 'object json'],
  ])('for %s', (_who, accept, expected) => {
    expect(form(accept)).toBe(expected);
  });

  it.each([
    ['JSON', 'application/json;stream=watch', 'object json'],
    ['protobuf', 'application/vnd.kubernetes.protobuf;stream=watch,application/json', 'object protobuf'],
    ['a table', TABLE, 'table json v1'],
    ['YAML', 'application/yaml', `only the following media types are accepted: ${STREAMS}`],
    ['YAML, with a way out', 'application/yaml;stream=watch,application/json', 'object json'],
    ['another stream', 'application/json;stream=log', `only the following media types are accepted: ${STREAMS}`],
  ])('of events: %s', (_what, accept, expected) => {
    expect(form(accept, true)).toBe(expected);
  });

  it.each([
    [undefined, 'curl/8.5.0', true],
    [undefined, 'Mozilla/5.0 (X11)', true],
    [undefined, 'kubectl/v1.36.0', false],
    ['false', 'curl/8.5.0', false],
    ['true', undefined, true],
    ['0', 'curl/8.5.0', false],
    ['perhaps', undefined, false],
  ])('is for people to read: pretty=%s, %s: %s', (pretty, userAgent, expected) => {
    expect(wantsPretty(pretty, userAgent)).toBe(expected);
  });
});
