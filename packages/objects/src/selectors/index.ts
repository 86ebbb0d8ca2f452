export { compileFieldSelector, parseFieldSelector, requiredFieldValue } from './field-selector.js';
export {
  formatLabelSelector,
  isEmptySelector,
  labelSelectorRequirements,
  matchesLabelSelector,
  textOfLabelSelector,
} from './label-selector.js';
export { parseLabelSelector } from './parse-label-selector.js';
export { formatRequirements, matchesRequirements } from './requirement.js';
