import fc from 'fast-check';
import { propertyRuns } from './property-runs.js';

// A set-up file of vitest: it runs before each test file, so that no property can forget the seed of the run.
fc.configureGlobal(propertyRuns());
