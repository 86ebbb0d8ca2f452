import type { Budget } from './budget.js';
import { CelError, type Compiled } from './program.js';

/** The longest message of an expression, in bytes. Source: apiserver pkg/apis/cel/config.go. */
const MAX_MESSAGE = 5 * 1024;

/**
 * The message that an expression makes. Returns undefined where it makes none that is used: it fails, or its value is
 * no text, is empty, too long or of several lines.
 * Source: apiserver plugin/policy/validating/validator.go, and schema/cel/validation.go of apiextensions-apiserver.
 */
export function evaluateMessage(program: Compiled, variables: object, budget: Budget): string | undefined {
  try {
    const value = program.evaluate(variables, budget);
    const text = typeof value === 'string' ? value.trim() : '';
    return text !== '' && !text.includes('\n') && Buffer.byteLength(text) <= MAX_MESSAGE ? text : undefined;
  } catch (error) {
    if (error instanceof CelError) return undefined;
    throw error;
  }
}
