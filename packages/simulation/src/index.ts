export { compare, comparisonRows, strategiesOf } from './compare.js';
export { readDump } from './dump/read-dump.js';
export { ObjectsError, objectsIn, readObjects } from './dump/read-objects.js';
export { scrub } from './dump/scrub.js';
export { textReport } from './report/text-report.js';
export { parseScenario, ScenarioError } from './scenario/parse-scenario.js';
export type { Scenario } from './scenario/schema.js';
export { type SimulationInput, simulate } from './simulate.js';
