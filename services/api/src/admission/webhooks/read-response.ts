import { canonicalValue, DecodeError, isJsonObject, jsonKind, type Status } from '@everynode/objects';
import { CallError } from './webhook-error.js';

/** The Status of a refusal as a webhook has sent it. */
export type SentStatus = Partial<Status>;

/** What a webhook has sent. What it left out or sent as null is not there. */
interface SentReview {
  apiVersion: string;
  kind: string;
  response?: SentResponse;
}

interface SentResponse {
  uid: string;
  allowed: boolean;
  status?: SentStatus;
  patch: string;
  patchType?: string;
  warnings: string[];
  auditAnnotations: Record<string, string>;
}

const STATUS = 'io.k8s.apimachinery.pkg.apis.meta.v1.Status';

const failure = (why: string, cause?: Error): CallError => new CallError(`failed to call webhook: ${why}`, { cause });

/** Reads the fields of a Go struct. @throws CallError in the words of Go's decoder. */
class Fields {
  readonly #value: Record<string, unknown>;
  readonly #at: string;

  constructor(value: unknown, at: string, goType: string) {
    if (!isJsonObject(value)) {
      throw failure(`json: cannot unmarshal ${jsonKind(value)} into Go struct field ${at} of type ${goType}`);
    }
    this.#value = value;
    this.#at = at;
  }

  get(field: string): unknown {
    return this.#value[field] ?? undefined;
  }

  text(field: string): string | undefined {
    const value = this.get(field);
    if (value === undefined || typeof value === 'string') return value;
    throw this.#mismatch(value, field, 'string');
  }

  flag(field: string): boolean {
    const value = this.get(field) ?? false;
    if (typeof value === 'boolean') return value;
    throw this.#mismatch(value, field, 'bool');
  }

  texts(field: string): string[] {
    const value = this.get(field) ?? [];
    if (!Array.isArray(value)) throw this.#mismatch(value, field, '[]string');
    return value.map((one: unknown) => this.#textIn(one, field));
  }

  textMap(field: string): Record<string, string> {
    const value = this.get(field) ?? {};
    if (!isJsonObject(value)) throw this.#mismatch(value, field, 'map[string]string');
    return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, this.#textIn(one, field)]));
  }

  #textIn(value: unknown, field: string): string {
    if (value === null) return '';
    if (typeof value === 'string') return value;
    throw this.#mismatch(value, field, 'string');
  }

  #mismatch(value: unknown, field: string, goType: string): CallError {
    return failure(
      `json: cannot unmarshal ${jsonKind(value)} into Go struct field ${this.#at}.${field} of type ${goType}`,
    );
  }
}

/** Reads the answer of a webhook. Fields that it does not know are left out. @throws CallError for wrong types. */
export function readResponse(answer: unknown): SentReview {
  const review = new Fields(answer ?? {}, 'AdmissionReview', 'v1.AdmissionReview');
  const response = review.get('response');
  return {
    apiVersion: review.text('apiVersion') ?? '',
    kind: review.text('kind') ?? '',
    ...(response !== undefined && { response: responseOf(response) }),
  };
}

function responseOf(value: unknown): SentResponse {
  const fields = new Fields(value, 'AdmissionReview.response', 'v1.AdmissionResponse');
  const status = fields.get('status');
  const patchType = fields.text('patchType');
  return {
    uid: fields.text('uid') ?? '',
    allowed: fields.flag('allowed'),
    ...(status !== undefined && { status: statusOf(status) }),
    patch: fields.text('patch') ?? '',
    ...(patchType !== undefined && { patchType }),
    warnings: fields.texts('warnings'),
    auditAnnotations: fields.textMap('auditAnnotations'),
  };
}

function statusOf(value: unknown): SentStatus {
  try {
    return canonicalValue(STATUS, value) as SentStatus;
  } catch (error) {
    if (error instanceof DecodeError) throw failure(error.message, error);
    throw error;
  }
}
