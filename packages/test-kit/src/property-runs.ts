import { randomInt } from 'node:crypto';

/** The seed of every property of a test run. A run without it draws one. */
export const PROPERTY_SEED = 'EVERYNODE_FC_SEED';
/** How many cases each property tries. Without it each property keeps its own number. */
export const PROPERTY_RUNS = 'EVERYNODE_FC_RUNS';

/** Vitest's global set-up: one seed for the run, in the environment that the workers inherit, and shown once. */
export default function setup(): void {
  process.env[PROPERTY_SEED] ??= String(randomInt(2 ** 31));
  console.log(`fast-check: ${PROPERTY_SEED}=${process.env[PROPERTY_SEED]} replays the properties of this run`);
}

/**
 * How often, and from which seed, a property runs: `fc.assert(property, propertyRuns(300))`.
 *
 * @throws Error when a variable of the environment is not a whole number.
 */
export function propertyRuns(defaultRuns?: number): { numRuns?: number; seed?: number } {
  const numRuns = wholeNumber(PROPERTY_RUNS) ?? defaultRuns;
  const seed = wholeNumber(PROPERTY_SEED);
  return { ...(numRuns !== undefined && { numRuns }), ...(seed !== undefined && { seed }) };
}

function wholeNumber(variable: string): number | undefined {
  const text = process.env[variable];
  if (text === undefined || text === '') return undefined;
  if (!/^-?\d+$/.test(text)) throw new Error(`${variable} must be a whole number: "${text}"`);
  return Number(text);
}
