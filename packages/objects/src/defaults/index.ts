export { setNamespaceDefaults, setNodeDefaults, setPriorityClassDefaults, setSecretDefaults } from './core.js';
export { setDaemonSetDefaults } from './daemon-set.js';
export { defaultPullPolicy } from './image-name.js';
export { addDefaultTolerations, setPodDefaults } from './pod.js';
export { qosClassOf } from './qos-class.js';
