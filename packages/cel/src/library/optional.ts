import { Optional } from '@marcbachmann/cel-js';

/** A value that may be missing: undefined is none. */
export const optional = (value: unknown): unknown => Optional.of(value);
