export { Budget, RUNTIME_COST_BUDGET } from './budget.js';
export type { Declared } from './cost.js';
export { addAuthorizer, authorizerValue, baseEnvironment } from './environment.js';
export { evaluateMessage } from './message-expression.js';
export { patternOf } from './pattern.js';
export { CelError, type Compiled, compile, type Environment, OutOfBudgetError } from './program.js';
export { durationValue, optional, toCel } from './values.js';
