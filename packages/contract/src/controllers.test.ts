import { describe, expect, it } from 'vitest';
import { CONTROLLER_NAMES, chooseControllers } from './controllers.js';

const without = (...names: string[]) => CONTROLLER_NAMES.filter((name) => !names.includes(name));

describe('chooseControllers', () => {
  it.each([
    ['*', CONTROLLER_NAMES],
    ['*,-daemonset', without('daemonset')],
    ['-daemonset,*', without('daemonset')],
    ['*,-daemonset-controller, -garbagecollector', without('daemonset', 'garbage-collector')],
    ['*,-kube-scheduler,-nodelifecycle', without('pod-placement', 'node-lifecycle')],
    ['daemonset,namespace', ['daemonset', 'namespace']],
    ['daemonset,-daemonset', ['daemonset']],
    ['-daemonset', []],
    ['', []],
  ])('%j', (list, expected) => {
    expect([...chooseControllers(list)]).toEqual(expected);
  });

  it.each(['*,-deamonset', 'all', '*,--daemonset'])('%j is refused, with the names that there are', (list) => {
    expect(() => chooseControllers(list)).toThrow(
      /names no controller; there are clusterrole-aggregation, cronjob, daemonset, /,
    );
  });
});
