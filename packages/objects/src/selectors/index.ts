export * from './field-selector.js';
export * from './label-selector.js';
export * from './parse-label-selector.js';
export {
  formatRequirements,
  type Labels,
  matchesRequirement,
  matchesRequirements,
  newRequirement,
  parseInt64,
  type Requirement,
  type SelectorOperator,
} from './requirement.js';
