export { setNamespaceDefaults, setNodeDefaults, setPriorityClassDefaults, setSecretDefaults } from './core.js';
export { setDaemonSetDefaults } from './daemon-set.js';
export { defaultPullPolicy, imageTag } from './image-name.js';
export { addDefaultTolerations, setPodDefaults } from './pod.js';
export { containersOf, setPodSpecDefaults, withServiceAccount } from './pod-spec.js';
export { type QosClass, qosClassOf } from './qos-class.js';
