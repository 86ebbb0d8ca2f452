import { describe, expect, it } from 'vitest';
import { limitsOf } from '../../container-limits.js';
import { cgroupOf, limitFiles, parentFolders } from './cgroup-files.js';
import { type CgroupLayout, layoutOf } from './cgroup-layout.js';
import { usageOf } from './cgroup-usage.js';

const V2 = '35 24 0:30 / /sys/fs/cgroup rw,nosuid,nodev,noexec,relatime shared:9 - cgroup2 cgroup2 rw,nsdelegate';
const HYBRID = [
  '30 23 0:26 / /sys/fs/cgroup ro,nosuid,nodev,noexec shared:9 - tmpfs tmpfs ro,mode=755',
  '31 30 0:27 / /sys/fs/cgroup/unified rw,nosuid shared:10 - cgroup2 cgroup2 rw,nsdelegate',
  '34 30 0:30 / /sys/fs/cgroup/systemd rw,nosuid shared:11 - cgroup cgroup rw,xattr,name=systemd',
  '38 30 0:34 / /sys/fs/cgroup/memory rw,nosuid shared:16 - cgroup cgroup rw,memory',
  '39 30 0:35 / /sys/fs/cgroup/cpu,cpuacct rw,nosuid shared:17 - cgroup cgroup rw,cpu,cpuacct',
].join('\n');
const AT = '/sys/fs/cgroup';

const hybrid: CgroupLayout = {
  version: 1,
  roots: { cpu: `${AT}/cpu,cpuacct`, cpuacct: `${AT}/cpu,cpuacct`, memory: `${AT}/memory` },
  unified: `${AT}/unified`,
};
const v2: CgroupLayout = { version: 2, root: AT };

describe('the cgroups of a machine', () => {
  it.each([
    ['version 2', V2, 'cpuset cpu io memory pids\n', v2],
    ['version 1, with an empty version 2 beside it', HYBRID, '\n', hybrid],
    ['version 1 alone', HYBRID.replace(/^31.*\n/m, ''), '', { ...hybrid, unified: undefined }],
    ['version 2 without controllers, and no other', V2, '', undefined],
    ['none', '23 1 8:1 / / rw - ext4 /dev/sda1 rw', '', undefined],
  ])('are of %s', (_what, mountinfo, controllers, layout) => {
    expect(layoutOf(mountinfo, () => controllers)).toEqual(layout);
  });

  it('have one folder for a container in each hierarchy', () => {
    expect(parentFolders(hybrid)).toEqual([
      `${AT}/cpu,cpuacct/everynode`,
      `${AT}/memory/everynode`,
      `${AT}/unified/everynode`,
    ]);
    expect(cgroupOf(hybrid, 'x')).toEqual({
      folders: [`${AT}/cpu,cpuacct/everynode/x`, `${AT}/memory/everynode/x`, `${AT}/unified/everynode/x`],
      oomCounter: `${AT}/memory/everynode/x/memory.oom_control`,
    });
    expect(cgroupOf(v2, 'x')).toEqual({
      folders: [`${AT}/everynode/x`],
      oomCounter: `${AT}/everynode/x/memory.events`,
    });
  });
});

describe('what holds a container to its limits', () => {
  const fields = (layout: CgroupLayout, resources: Parameters<typeof limitsOf>[0]) =>
    Object.fromEntries(
      limitFiles(layout, 'x', limitsOf(resources)).map(({ path, value }) => [path.split('/everynode/x/')[1], value]),
    );

  it.each([
    [
      'of the seed',
      { limits: { memory: '200Mi' }, requests: { cpu: '100m', memory: '200Mi' } },
      {
        'memory.max': '209715200',
        'memory.swap.max': '0',
        'memory.oom.group': '1',
        'cpu.weight': '17',
        'cpu.max': 'max 100000',
      },
      {
        'memory.limit_in_bytes': '209715200',
        'memory.memsw.limit_in_bytes': '209715200',
        'cpu.shares': '102',
        'cpu.cfs_period_us': '100000',
        'cpu.cfs_quota_us': '-1',
      },
    ],
    [
      'with a limit of cpu, which is its request too',
      { limits: { cpu: '1' } },
      {
        'memory.max': 'max',
        'memory.swap.max': '0',
        'memory.oom.group': '1',
        'cpu.weight': '100',
        'cpu.max': '100000 100000',
      },
      {
        'memory.limit_in_bytes': '-1',
        'memory.memsw.limit_in_bytes': '-1',
        'cpu.shares': '1024',
        'cpu.cfs_period_us': '100000',
        'cpu.cfs_quota_us': '100000',
      },
    ],
  ])('%s', (_what, resources, ofV2, ofV1) => {
    expect(fields(v2, resources)).toEqual(ofV2);
    expect(fields(hybrid, resources)).toEqual(ofV1);
  });

  it.each([
    ['0', 2, '1'],
    ['2m', 2, '1'],
    ['500m', 512, '59'],
    ['1', 1024, '100'],
    ['256', 262_144, '10000'],
    ['1000', 262_144, '10000'],
  ])('a request of %s cpu is %i shares, and weighs %s', (cpu, shares, weight) => {
    const resources = { requests: { cpu } };
    expect(limitsOf(resources).cpuShares).toBe(shares);
    expect(fields(v2, resources)['cpu.weight']).toBe(weight);
  });

  it('is at least a millisecond of each period', () => {
    expect(limitsOf({ limits: { cpu: '1m' } }).cpuQuotaUs).toBe(1000);
  });
});

describe('what a container uses', () => {
  const of = (layout: CgroupLayout, files: Record<string, string>) =>
    usageOf(layout, 'x', (path) => files[path.split('/everynode/x/')[1] ?? ''] ?? '');

  it('is its memory without inactive files, and its time of processors', () => {
    const use = { cpuNanoseconds: 5_000_000, workingSetBytes: 700 };
    const ofV2 = {
      'memory.current': '1000\n',
      'memory.stat': 'anon 500\ninactive_file 300\n',
      'cpu.stat': 'usage_usec 5000\n',
    };
    expect(of(v2, ofV2)).toEqual(use);
    const stat = 'inactive_file 1\ntotal_inactive_file 300\n';
    const ofV1 = { 'memory.usage_in_bytes': '1000\n', 'memory.stat': stat, 'cpuacct.usage': '5000000\n' };
    expect(of(hybrid, ofV1)).toEqual(use);
  });

  it('is not known where memory is not counted', () => {
    expect(of({ version: 1, roots: { cpu: AT, cpuacct: AT }, unified: undefined }, {})).toBeUndefined();
  });
});
