import { createRequire } from 'node:module';
import { cruise, type IConfiguration, type ICruiseResult, type IDependency, type IModule } from 'dependency-cruiser';
import { beforeAll, describe, expect, it } from 'vitest';
import { root } from './tree.js';

const configuration = createRequire(import.meta.url)('../../.dependency-cruiser.cjs') as IConfiguration;

/** `packages/store` of `packages/store/src/store.ts`. */
const workspaceOf = (path: string): string => path.split('/').slice(0, 2).join('/');

describe('the arrows between packages and services', () => {
  let result: ICruiseResult;

  beforeAll(async () => {
    const { forbidden = [], options = {} } = configuration;
    const { output } = await cruise(['packages', 'services', 'test'], {
      ...options,
      baseDir: root,
      validate: true,
      ruleSet: { forbidden },
    });
    if (typeof output === 'string') throw new Error('dependency-cruiser returned a text in place of its result');
    result = output;
  }, 120_000);

  it('sees the tree', () => {
    // A wrong configuration finds no modules, and therefore no violations.
    expect(result.summary.totalCruised).toBeGreaterThan(500);
    expect(result.summary.totalDependenciesCruised ?? 0).toBeGreaterThan(2000);
  });

  it('keeps every rule of .dependency-cruiser.cjs', () => {
    const violations = result.summary.violations.map(({ rule, from, to, cycle }) =>
      [rule.name, from, ...(cycle?.map(({ name }) => name) ?? [to])].join(' → '),
    );
    expect(violations).toEqual([]);
  });

  it('imports other workspaces by their names, never by a relative path', () => {
    const violations = result.modules.flatMap(({ source, dependencies }: IModule) =>
      dependencies
        .filter(
          ({ module, resolved }: IDependency) =>
            module.startsWith('.') && workspaceOf(resolved) !== workspaceOf(source),
        )
        .filter(() => /^(packages|services|test)\//.test(source))
        .filter(({ resolved }: IDependency) => /^(packages|services)\//.test(resolved))
        .map(({ module }: IDependency) => `${source} imports ${module}`),
    );
    expect(violations).toEqual([]);
  });
});
