/**
 * Where a machine has its cgroups. Version 2 is one hierarchy for all controllers. With version 1 each has its own, and
 * there may be one of version 2 beside them, without controllers that matter here.
 */
export type CgroupLayout =
  | { version: 2; root: string }
  | { version: 1; roots: Partial<Record<V1Controller, string>>; unified: string | undefined };

/** The resources that cgroups hold containers to. */
export const LIMITED = ['cpu', 'memory'] as const;

type V1Controller = (typeof V1_CONTROLLERS)[number];

/** `cpuacct` counts the time that `cpu` limits. */
const V1_CONTROLLERS = [...LIMITED, 'cpuacct'] as const;

interface CgroupMount {
  path: string;
  type: string;
  options: string[];
}

/** The mounts of cgroups in `/proc/self/mountinfo`. Source: proc_pid_mountinfo(5). */
function cgroupMounts(mountinfo: string): CgroupMount[] {
  return mountinfo.split('\n').flatMap((line) => {
    const [before = '', after = ''] = line.split(' - ');
    const [type = '', , options = ''] = after.split(' ');
    const path = before.split(' ')[4];
    if (path === undefined || !type.startsWith('cgroup')) return [];
    return [{ path, type, options: options.split(',') }];
  });
}

/**
 * The cgroups of a machine by its `/proc/self/mountinfo`; undefined where it has none for cpu or memory.
 * `controllersAt` reads `cgroup.controllers` in a folder: on hybrid machines version 2 has none of these.
 */
export function layoutOf(mountinfo: string, controllersAt: (root: string) => string): CgroupLayout | undefined {
  const mounts = cgroupMounts(mountinfo);
  const unified = mounts.find(({ type }) => type === 'cgroup2')?.path;
  const controllers = unified === undefined ? [] : controllersAt(unified).trim().split(' ');
  if (unified !== undefined && (controllers.includes('cpu') || controllers.includes('memory'))) {
    return { version: 2, root: unified };
  }
  const roots: Partial<Record<V1Controller, string>> = {};
  for (const controller of V1_CONTROLLERS) {
    const mount = mounts.find(({ type, options }) => type === 'cgroup' && options.includes(controller));
    if (mount) roots[controller] = mount.path;
  }
  return roots.cpu === undefined && roots.memory === undefined ? undefined : { version: 1, roots, unified };
}
