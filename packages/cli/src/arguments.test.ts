import { describe, expect, it } from 'vitest';
import { parseLabels, parseTaints } from './arguments.js';

describe('parseLabels', () => {
  it('reads pairs, with empty values', () => {
    expect(parseLabels('disk=ssd,node-role.kubernetes.io/worker=,gpu')).toEqual({
      disk: 'ssd',
      'node-role.kubernetes.io/worker': '',
      gpu: '',
    });
  });
  it.each(['', '=x', 'a=b=c', 'a=b,'])('refuses %j', (text) => {
    expect(() => parseLabels(text)).toThrow('is not of the form key=value');
  });
});

describe('parseTaints', () => {
  it('reads keys with and without value', () => {
    expect(parseTaints('gpu=a100:NoSchedule,maintenance:NoExecute')).toEqual([
      { key: 'gpu', value: 'a100', effect: 'NoSchedule' },
      { key: 'maintenance', effect: 'NoExecute' },
    ]);
  });
  it.each(['gpu', 'gpu=a', 'gpu=a:Never', ':NoSchedule', 'a:b:NoSchedule'])('refuses %j', (text) => {
    expect(() => parseTaints(text)).toThrow('is not of the form key=value:Effect');
  });
});
