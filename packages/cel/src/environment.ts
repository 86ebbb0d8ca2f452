import { Environment } from '@marcbachmann/cel-js';
import { addFormats } from './library/formats.js';
import { addLists } from './library/lists.js';
import { addNetwork } from './library/network.js';
import { addQuantities } from './library/quantities.js';
import { addText } from './library/text.js';
import { MAX_DEPTH } from './limits.js';

export { addAuthorizer, authorizerValue } from './library/authorizer.js';

/** Source of the size: cel-go's parser. */
const LIMITS = {
  maxAstNodes: 20_000,
  maxDepth: MAX_DEPTH,
  maxListElements: 5000,
  maxMapEntries: 5000,
  maxCallArguments: 32,
};

const base = new Environment({ enableOptionalTypes: true, homogeneousAggregateLiterals: true, limits: LIMITS });
addText(base);
addLists(base);
addQuantities(base);
addNetwork(base);
addFormats(base);

/**
 * Returns a new environment with what all of Kubernetes' expressions may use, and without variables.
 * Source: apiserver pkg/cel/environment/base.go.
 */
export const baseEnvironment = (): Environment => base.clone();
