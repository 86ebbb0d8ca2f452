import { describe, expect, it } from 'vitest';
import { parseAccept } from './accept.js';
import { negotiate, requireProduced, wantsPretty } from './negotiate.js';

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
    ['a quality of 0', 'application/yaml;q=0', 'object yaml'],
    ['a quality that is no number', 'application/json;q=x', 'object json'],
    ['a form without a name', 'application/json;as=', 'object json'],
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

describe('what routes can produce', () => {
  const refusal = (accept: string | undefined, ...rest: [Parameters<typeof requireProduced>[1], boolean?]): string => {
    try {
      requireProduced(accept, ...rest);
      return '';
    } catch (error) {
      return (error as Error).message.replace('\n\n', ' ');
    }
  };

  it.each([
    [undefined, ''],
    ['*/*', ''],
    ['image/png, application/json;as=Table', ''],
    ['application/*', `406: Not Acceptable Available representations: ${TYPES}`],
    ['Application/JSON', `406: Not Acceptable Available representations: ${TYPES}`],
    ['*', `406: Not Acceptable Available representations: ${TYPES}`],
    [' , ', `406: Not Acceptable Available representations: ${TYPES}`],
  ])('%s: %s', (accept, expected) => {
    expect(refusal(accept, 'objects')).toBe(expected);
  });

  it('are more forms of a list, and fewer of a document', () => {
    expect(refusal('text/html', 'collections')).toBe(
      `406: Not Acceptable Available representations: ${TYPES}, ${STREAMS}`,
    );
    expect(refusal('application/yaml', 'json')).toBe('406: Not Acceptable Available representations: application/json');
    expect(refusal('a/b', 'objects', true)).toBe(`415: Unsupported Media Type Available representations: ${TYPES}`);
  });
});

describe('the clauses of an Accept header', () => {
  it.each([
    ['a/b;q=0.1, c/d', ['c/d', 'a/b']],
    ['*/*, a/*, a/b', ['a/b', 'a/*', '*/*']],
    ['*/*;q=1, a/b;q=0.5', ['a/b', '*/*']],
    ['a, a/b/c, /, c/d', ['c/d']],
    ['*', ['*/*']],
  ])('of %s are tried in the order %j', (header, expected) => {
    expect(parseAccept(header).map(({ type }) => type)).toEqual(expected);
  });
});
