/** A value that does not fit its field. The message is that of Go's decoder; the caller adds which object it was. */
export class DecodeError extends Error {
  override readonly name = 'DecodeError';
  readonly retryable = false;

  /** `isOfText`: the value has the right JSON type, and its text is no time, no quantity or no base64. */
  constructor(
    message: string,
    readonly isOfText = false,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/**
 * The position of a decoder: the field names from the root, without list indices, and the types that they belong to.
 */
export class DecodePosition {
  private readonly fields: string[] = [];
  private readonly structs: string[] = [];

  enter(struct: string, field: string): void {
    this.structs.push(struct);
    this.fields.push(field);
  }

  leave(): void {
    this.structs.pop();
    this.fields.pop();
  }

  /**
   * Returns the error for a value of the wrong JSON type. `found` is a number with its digits when the digits are
   * wrong.
   */
  mismatch(found: string, goType: string): DecodeError {
    const struct = this.structs.at(-1);
    const where = struct === undefined ? 'Go value' : `Go struct field ${struct}.${this.fields.join('.')}`;
    return new DecodeError(`json: cannot unmarshal ${found} into ${where} of type ${goType}`);
  }
}

/** Returns the name of a JSON value's kind in Go's decoder. */
export function jsonKind(value: unknown): string {
  if (Array.isArray(value)) return 'array';
  if (value === null) return 'null';
  return typeof value === 'boolean' ? 'bool' : typeof value;
}
