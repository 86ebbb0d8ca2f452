import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import { readObjects } from './dump/read-objects.js';
import { parseScenario } from './scenario/parse-scenario.js';
import { simulate } from './simulate.js';

const EXAMPLES = path.join(import.meta.dirname, '../../../examples/simulations');
const examples = readdirSync(EXAMPLES).filter((file) => file.endsWith('.yaml') && file !== 'daemonset.yaml');
const textOf = (file: string): string => readFileSync(path.join(EXAMPLES, file), 'utf8');

it.each(examples)('plays the example %s, and all of its steps and thresholds hold', (file) => {
  const scenario = parseScenario(textOf(file), file);
  expect(scenario.metadata.name).toBe(path.basename(file, '.yaml'));
  const { steps, thresholds, ok } = simulate({ scenario, load: (name) => readObjects(textOf(name), name) });
  expect(steps.filter(({ fault }) => fault !== undefined)).toEqual([]);
  expect(thresholds.filter((threshold) => !threshold.ok)).toEqual([]);
  expect(ok).toBe(true);
});
