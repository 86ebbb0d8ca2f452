export { Budget } from './budget.js';
export { addAuthorizer, authorizerValue, baseEnvironment } from './environment.js';
export { CelError, type Compiled, compile, type Environment } from './program.js';
export { toCel } from './values.js';
