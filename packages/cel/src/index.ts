export { Budget, RUNTIME_COST_BUDGET } from './budget.js';
export type { Declared } from './cost.js';
export { addAuthorizer, authorizerValue, baseEnvironment } from './environment.js';
export { evaluateMessage } from './message-expression.js';
export { addJsonPatch, Message, typeFaults, typeOfMessage } from './messages.js';
export { patternOf } from './pattern.js';
export {
  CelError,
  type Compiled,
  compile,
  compileWithMessages,
  type Environment,
  OutOfBudgetError,
} from './program.js';
export { durationValue, fromCel, optional, toCel } from './values.js';
