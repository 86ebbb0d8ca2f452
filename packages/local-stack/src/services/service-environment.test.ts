import { expect, it } from 'vitest';
import { auditLogOf } from './service-environment.js';

it.each([
  ['/state/logs/audit.log', '/state/logs/audit-api-1.log'],
  ['/var/log/every.node/audit', '/var/log/every.node/audit-api-1'],
  ['audit.jsonl', 'audit-api-1.jsonl'],
  ['', ''],
])('each process has an audit log of its own: %s', (path, own) => {
  expect(auditLogOf('api-1', path)).toBe(own);
});
