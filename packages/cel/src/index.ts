export { Budget, RUNTIME_COST_BUDGET } from './budget.js';
export { addAuthorizer, authorizerValue, baseEnvironment } from './environment.js';
export { evaluateMessage } from './message-expression.js';
export { CelError, type Compiled, compile, type Environment } from './program.js';
export { toCel } from './values.js';
