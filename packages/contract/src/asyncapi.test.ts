import { readFileSync } from 'node:fs';
import specs from '@asyncapi/specs';
import { Ajv } from 'ajv';
import formats from 'ajv-formats';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { type EventName, eventSchemas, eventType } from './events.js';
import { consumers, streams } from './streams.js';
import { AGENT_COMMANDS, AGENT_RECEIPTS, AGENT_REPORTS, AGENT_REQUESTS, subjects } from './subjects.js';
import { exchanges } from './validate.js';

interface Message {
  contentType: string;
  payload: unknown;
  'x-ce-type'?: string;
}

interface AsyncApi {
  channels: Record<string, { address: string | null }>;
  operations: Record<string, { channel: { $ref: string } }>;
  components: { messages: Record<string, Message> };
  'x-streams': Record<string, unknown>;
  'x-consumers': unknown;
}

const document = parse(readFileSync(new URL('../asyncapi.yaml', import.meta.url), 'utf8')) as AsyncApi;
/** As JSON: what a schema in code is on the wire. */
const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

describe('the AsyncAPI document', () => {
  it('is valid AsyncAPI 3', () => {
    const ajv = new Ajv({ strict: false, allErrors: true, meta: false, validateSchema: false });
    (formats as unknown as (instance: Ajv) => void)(ajv);
    const { $schema: _draft, ...schema } =
      (specs.schemas as unknown as Record<string, Record<string, unknown>>)['3.0.0'] ?? {};
    const validate = ajv.compile(schema);
    validate(document);
    expect(validate.errors ?? []).toEqual([]);
  });

  it('has the addresses that the code uses, and no others', () => {
    const inCode = [
      subjects.objectsChanged,
      subjects.manifestApplied('configmaps', 'NAMESPACE'),
      ...AGENT_REPORTS.map((event) => subjects.report('agent', event)),
      ...AGENT_COMMANDS.map((event) => subjects.command('agent', event)),
      ...AGENT_REQUESTS.map((question) => subjects.request('agent', question)),
      ...AGENT_RECEIPTS.map((event) => subjects.receipt('agent', event)),
      subjects.heartbeat('agent', 7),
      subjects.tunnelWanted('agent'),
      subjects.tunnelDown('agent', 'PROCESS'),
      subjects.tunnelUp('agent', 'PROCESS'),
    ];
    const parameters: Record<string, string> = {
      agent: 'agent',
      part: '7',
      process: 'PROCESS',
      resource: 'configmaps',
      namespace: 'NAMESPACE',
    };
    const inDocument = Object.values(document.channels).flatMap(({ address }) =>
      address === null ? [] : [address.replaceAll(/\{(\w+)\}/g, (_match, name: string) => parameters[name] ?? '?')],
    );
    expect(inDocument.sort()).toEqual(inCode.sort());
  });

  it.each(Object.keys(eventSchemas) as EventName[])('has the schema of %s that the code checks', (name) => {
    const message = document.components.messages[name];
    expect(message?.payload).toEqual(plain(eventSchemas[name]));
    expect(message?.['x-ce-type']).toBe(eventType(name));
  });

  it.each(AGENT_REQUESTS)('has the schema of %s that the code checks', (question) => {
    for (const side of ['request', 'reply'] as const) {
      expect(document.components.messages[`${question}-${side}`]?.payload).toEqual(plain(exchanges[question][side]));
    }
  });

  it('knows every message of the code, and no others', () => {
    const exchanged = AGENT_REQUESTS.flatMap((question) => [`${question}-request`, `${question}-reply`]);
    const inCode = [...Object.keys(eventSchemas), 'objects-changed', 'tunnel-frame', ...exchanged];
    expect(Object.keys(document.components.messages).sort()).toEqual(inCode.sort());
  });

  it('has a sender and a receiver on every channel', () => {
    const used = new Set(Object.values(document.operations).map(({ channel }) => channel.$ref.split('/').at(-1)));
    const replies = Object.keys(document.channels).filter((name) => name.endsWith('-reply'));
    expect([...used, ...replies].sort()).toEqual(Object.keys(document.channels).sort());
  });

  it('lists streams and consumers as they are declared', () => {
    const declared = Object.values(streams).map(({ name, ...rest }) => [name, plain(rest)]);
    expect(document['x-streams']).toEqual(Object.fromEntries(declared));
    expect(document['x-consumers']).toEqual(plain(consumers));
  });
});
