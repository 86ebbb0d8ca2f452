import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import { ScenarioSchema } from './schema.js';

const FILE = path.join(import.meta.dirname, '../../../../docs/simulation.schema.json');

it('is the schema that docs/simulation.schema.json shows', () => {
  const document = { $schema: 'https://json-schema.org/draft/2020-12/schema', title: 'Simulation', ...ScenarioSchema };
  expect(JSON.parse(readFileSync(FILE, 'utf8'))).toEqual(JSON.parse(JSON.stringify(document)));
});
