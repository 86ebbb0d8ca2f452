import { readFileSync } from 'node:fs';
import { postedKinds, resources } from '@everynode/objects';
import { describe, expect, it } from 'vitest';
import { operationsOf } from './operations.js';

/** Path → method → action, of the groups that are served; read off upstream's documents. */
const routes = JSON.parse(readFileSync(new URL('../../../test/facts/routes.json', import.meta.url), 'utf8')) as Record<
  string,
  Record<string, string>
>;

/** They need a way to the node, which comes later. */
const STREAMS = /\/\{name\}\/(attach|exec|log|portforward|proxy)\b/;
const isServed = (path: string): boolean => !path.endsWith('/') && !STREAMS.test(path);

const line = (path: string, method: string, action: string): string => `${method} ${path}: ${action}`;

describe('routes', () => {
  it('are those of upstream, but for what is left out on purpose', () => {
    const expected = Object.entries(routes).flatMap(([path, methods]) =>
      Object.entries(methods).flatMap(([method, action]) => (isServed(path) ? [line(path, method, action)] : [])),
    );
    const operations = operationsOf({ resources, postedKinds });
    // The facts have some of the groups.
    const roots = new Set(Object.keys(routes).filter((path) => path.endsWith('/')));
    const isKnown = (path: string) => [...roots].some((root) => path.startsWith(root));
    const found = operations.flatMap(({ path, method, action }) => (isKnown(path) ? [line(path, method, action)] : []));
    expect(found.toSorted()).toEqual(expected.toSorted());
  });

  it('have operation ids of their own', () => {
    const ids = operationsOf({ resources, postedKinds }).map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
  });
});
