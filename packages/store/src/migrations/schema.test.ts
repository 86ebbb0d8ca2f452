import { createDatabase, type TestDatabase, testLog } from '@everynode/test-kit';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { schemaText } from '../../fixtures/schema-text.js';
import { Store } from '../store.js';

let database: TestDatabase;

beforeAll(async () => {
  database = await createDatabase();
  const store = new Store({ databaseUrl: database.url, log: testLog() });
  await store.migrate();
  await store.close();
});

afterAll(() => database.drop());

// After a new migration: npx vitest run packages/store/src/migrations -u
it('a migrated database has the schema of schema.sql', async () => {
  await expect(await schemaText(database.url)).toMatchFileSnapshot('../../schema.sql');
});
