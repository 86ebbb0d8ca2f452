import { setPriority } from 'node:os';
import { parentPort } from 'node:worker_threads';
import { ApiError, type Decoded, type StrictErrors } from '@everynode/objects';
import { threadCpuMs } from './fairness/thread-cpu.js';
import type { Encoding } from './http/negotiate.js';
import { type Decoding, decodeBytes, parseBytes } from './http/read-bytes.js';

/** A body to read. With a decoding it becomes an object, else a value. */
export interface ReadTask {
  bytes: Uint8Array;
  format: Encoding;
  /** Of protobuf bytes that name no type. */
  schema: string;
  decoding?: Decoding;
}

/** A value, and what strict decoding refuses in it where its type is not looked at. */
interface ReadValue {
  value: unknown;
  strict: StrictErrors;
}

/** An ApiError without its class, which does not pass between threads. */
export interface Refusal {
  reason: ApiError['reason'];
  message: string;
  details: ApiError['details'];
  cause: string | undefined;
}

export type ReadResult = { decoded: Decoded } | { parsed: ReadValue } | { refused: Refusal };

/** What a thread says of one body. */
export interface ReadAnswer {
  result: ReadResult;
  /** CPU that the thread has used for it, in ms. */
  cpuMs: number;
}

const NICE = 10;

function read({ bytes, format, schema, decoding }: ReadTask): ReadResult {
  const body = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  try {
    if (decoding) return { decoded: decodeBytes(body, format, decoding) };
    const { value, strict } = parseBytes(body, format, schema);
    return { parsed: { value, strict: strict() } };
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    const { reason, message, details, cause } = error;
    return { refused: { reason, message, details, cause: cause instanceof Error ? cause.message : undefined } };
  }
}

// On Linux each thread has a priority: where cores are few, requests that wait for none of this go first. Elsewhere it
// would be that of the whole process.
if (process.platform === 'linux') setPriority(NICE);
parentPort?.on('message', (task: ReadTask) => {
  const began = threadCpuMs();
  const result = read(task);
  parentPort?.postMessage({ result, cpuMs: threadCpuMs() - began } satisfies ReadAnswer);
});
// The first message says that it has started.
parentPort?.postMessage('ready');
