import { readFileSync } from 'node:fs';
import { postedKinds, resources } from '@everynode/objects';
import { describe, expect, it } from 'vitest';
import { operationsOf } from './operations.js';

/** Path → method → action, of the groups that are served; read off upstream's documents. */
const routes = JSON.parse(readFileSync(new URL('../../../test/facts/routes.json', import.meta.url), 'utf8')) as Record<
  string,
  Record<string, string>
>;

/** Kinds of these groups that are not served at all: nothing here would act on them. */
const UNSERVED = /\/(componentstatuses|endpoints|persistentvolumeclaims|persistentvolumes|podtemplates|statefulsets)\b/;
/** They need a way to the node, which comes later. */
const STREAMS = /\/\{name\}\/(attach|exec|log|portforward|proxy)\b/;
/** There to be read: programs that look at a whole cluster ask for them. */
const READ_ONLY = /\/(deployments|replicasets|replicationcontrollers|services)\b/;

const isServed = (path: string, method: string): boolean =>
  !path.endsWith('/') &&
  !UNSERVED.test(path) &&
  !STREAMS.test(path) &&
  !(READ_ONLY.test(path) && (method !== 'get' || /\{name\}\//.test(path)));

const line = (path: string, method: string, action: string): string => `${method} ${path}: ${action}`;

describe('routes', () => {
  it('are those of upstream, but for what is left out on purpose', () => {
    const expected = Object.entries(routes).flatMap(([path, methods]) =>
      Object.entries(methods).flatMap(([method, action]) =>
        isServed(path, method) ? [line(path, method, action)] : [],
      ),
    );
    const operations = operationsOf({ resources, postedKinds });
    const found = operations.map(({ path, method, action }) => line(path, method, action));
    expect(found.toSorted()).toEqual(expected.toSorted());
  });

  it('have operation ids of their own', () => {
    const ids = operationsOf({ resources, postedKinds }).map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
  });
});
