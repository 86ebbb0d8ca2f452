import { ApiError, parseInt64 } from '@everynode/objects';

/** Query parameters of a request, read as the Kubernetes API reads them. */
export class Query {
  readonly #parameters: URLSearchParams;

  constructor(search: string) {
    this.#parameters = new URLSearchParams(readablePairs(search));
  }

  /** Empty text counts as absent. */
  text(name: string): string | undefined {
    return this.#parameters.get(name) || undefined;
  }

  texts(name: string): string[] {
    return this.all(name).filter(Boolean);
  }

  /** Every value in order, also empty ones. */
  all(name: string): string[] {
    return this.#parameters.getAll(name);
  }

  has(name: string): boolean {
    return this.#parameters.has(name);
  }

  /**
   * True for every value but `false` and `0`, also for a name without a value (apimachinery,
   * Convert_Slice_string_To_bool).
   */
  flag(name: string): boolean {
    const value = this.#parameters.get(name);
    return value !== null && value.toLowerCase() !== 'false' && value !== '0';
  }

  /** A flag, or undefined where it is absent. */
  optionalFlag(name: string): boolean | undefined {
    return this.has(name) ? this.flag(name) : undefined;
  }

  /** A whole number in the form of Go's ParseInt. @throws ApiError BadRequest for anything else. */
  integer(name: string): number | undefined {
    const value = this.#parameters.get(name);
    if (value === null) return undefined;
    const parsed = parseInt64(value);
    if (parsed !== undefined) return Number(parsed);
    const why = /^[+-]?\d+$/.test(value) ? 'value out of range' : 'invalid syntax';
    throw new ApiError('BadRequest', `strconv.ParseInt: parsing ${JSON.stringify(value)}: ${why}`);
  }

  /** A whole number, 0 or more. */
  count(name: string): number | undefined {
    const value = this.text(name);
    if (value === undefined) return undefined;
    const number = Number(value);
    if (!/^\d+$/.test(value) || !Number.isSafeInteger(number)) {
      throw new ApiError('BadRequest', `invalid value ${JSON.stringify(value)} for ${name}: not a number`);
    }
    return number;
  }

  /** True for dryRun=All: everything is done but the commit. @throws ApiError Invalid for any other value. */
  get dryRun(): boolean {
    const values = this.texts('dryRun');
    const unknown = values.find((value) => value !== 'All');
    if (unknown !== undefined) {
      throw new ApiError('Invalid', `dryRun: Unsupported value: ${JSON.stringify(unknown)}: supported values: "All"`, {
        causes: [
          {
            reason: 'FieldValueNotSupported',
            message: `Unsupported value: ${JSON.stringify(unknown)}: supported values: "All"`,
            field: 'dryRun',
          },
        ],
      });
    }
    return values.length > 0;
  }

  /** The same query as a dry run. */
  asDryRun(): Query {
    const parameters = new URLSearchParams(this.#parameters);
    parameters.set('dryRun', 'All');
    return new Query(parameters.toString());
  }

  get fieldValidation(): 'Strict' | 'Warn' | 'Ignore' {
    const value = this.text('fieldValidation') ?? 'Warn';
    if (value === 'Strict' || value === 'Warn' || value === 'Ignore') return value;
    throw new ApiError(
      'Invalid',
      `fieldValidation: Unsupported value: ${JSON.stringify(value)}: supported values: "Ignore", "Strict", "Warn"`,
      {
        causes: [
          {
            reason: 'FieldValueNotSupported',
            message: `Unsupported value: ${JSON.stringify(value)}`,
            field: 'fieldValidation',
          },
        ],
      },
    );
  }
}

/** A query without the pairs that Go's parser drops: with a semicolon, or with an escape that is none. */
function readablePairs(search: string): string {
  if (!/[%;]/.test(search)) return search;
  return search
    .split('&')
    .filter((pair) => !pair.includes(';') && !/%(?![0-9A-Fa-f]{2})/.test(pair))
    .join('&');
}
