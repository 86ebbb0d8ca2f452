export { diagnose } from './diagnose/diagnose.js';
export { readKubeconfig } from './observe/kubeconfig.js';
export { observe } from './observe/observe.js';
export { reportText, type Style } from './report.js';
