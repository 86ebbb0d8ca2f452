import type { GenericName } from '../kinds/generic-kinds.js';
import type { ResourceFacts } from './define-resource.js';

/** What some generic kinds have beside the facts of their types: columns, defaults, rules, selectable fields. */
export const OWN_RULES: Partial<Record<GenericName, Partial<ResourceFacts>>> = {};
