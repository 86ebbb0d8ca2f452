import type { ContainerState, ContainerStatus, Pod } from '@everynode/objects';
import { describe, expect, it } from 'vitest';
import { crashesOf } from './crashes.js';

const ended = (exitCode: number): ContainerState => ({ terminated: { exitCode } });
const RUNNING: ContainerState = { running: {} };
const BACKOFF: ContainerState = { waiting: { reason: 'CrashLoopBackOff' } };
const NO_IMAGE: ContainerState = { waiting: { reason: 'ImagePullBackOff' } };

const container = (restartCount: number, state: ContainerState | undefined, lastState = {}): ContainerStatus => ({
  name: 'main',
  image: '',
  imageID: '',
  ready: false,
  restartCount,
  lastState,
  ...(state && { state }),
});

const main = (...containerStatuses: ContainerStatus[]): Pod => ({ status: { phase: 'Running', containerStatuses } });
const init = (...initContainerStatuses: ContainerStatus[]): Pod => ({
  status: { phase: 'Pending', initContainerStatuses },
});

describe('the crashes of a pod', () => {
  it.each<[what: string, pod: Pod, crashes: number]>([
    ['no status', {}, 0],
    ['a container that has not begun', main(container(0, { waiting: { reason: 'ContainerCreating' } })), 0],
    ['an image that cannot be pulled', main(container(0, NO_IMAGE)), 0],
    ['a container that runs', main(container(0, RUNNING)), 0],
    ['the first crash, when it happens', main(container(0, ended(1))), 1],
    ['the first crash, in its back-off', main(container(0, BACKOFF, ended(1))), 1],
    ['the first crash, once the container runs again', main(container(1, RUNNING, ended(1))), 1],
    ['the second crash, when it happens', main(container(1, ended(1), ended(1))), 2],
    ['the second crash, in its back-off', main(container(1, BACKOFF, ended(1))), 2],
    ['a crash after which the image is gone', main(container(0, NO_IMAGE, ended(1))), 1],
    [
      'a run that was lost with its node: its restart is counted already',
      main(container(1, { waiting: { reason: 'ContainerCreating' } }, ended(137))),
      1,
    ],
    ['a status without a state', main(container(2, undefined)), 2],
    ['a main container that ends by itself: it is started again', main(container(0, ended(0))), 1],
    ['two containers', main(container(1, RUNNING, ended(1)), container(0, ended(1))), 2],
    ['an init container that has done its work', init(container(0, ended(0))), 0],
    ['an init container that fails', init(container(0, ended(1))), 1],
    ['an init container that failed and waits', init(container(0, BACKOFF, ended(1))), 1],
    ['an init container that failed and then did its work', init(container(1, ended(0), ended(1))), 1],
    ['a sidecar that crashed and runs again', init(container(1, RUNNING, ended(1))), 1],
    [
      'a pod that was evicted: its containers are not started again',
      { status: { phase: 'Failed', containerStatuses: [container(1, ended(137), ended(1))] } },
      1,
    ],
  ])('%s', (_what, pod, crashes) => expect(crashesOf(pod)).toBe(crashes));

  it('count once each, from the end of a container to its next start', () => {
    const life = [
      container(0, RUNNING),
      container(0, ended(1)),
      container(0, BACKOFF, ended(1)),
      container(1, RUNNING, ended(1)),
      container(1, ended(1), ended(1)),
      container(1, BACKOFF, ended(1)),
      container(2, RUNNING, ended(1)),
    ];
    expect(life.map((status) => crashesOf(main(status)))).toEqual([0, 1, 1, 1, 2, 2, 2]);
  });
});
