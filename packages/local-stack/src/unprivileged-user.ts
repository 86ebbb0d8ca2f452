import { execa } from 'execa';

/** How to start a program that refuses to run as root. */
export interface Identity {
  /** Owner for its files; undefined: ourselves. */
  owner?: { uid: number; gid: number };
  uid?: number;
  gid?: number;
  /** Words to put before the command. */
  prefix: string[];
}

async function numericId(flag: '-u' | '-g', user: string): Promise<number | undefined> {
  const { stdout, exitCode } = await execa('id', [flag, user], { reject: false });
  return exitCode === 0 ? Number(stdout) : undefined;
}

async function firstUser(names: string[]): Promise<{ name: string; uid: number; gid: number } | undefined> {
  for (const name of names) {
    const uid = await numericId('-u', name);
    const gid = await numericId('-g', name);
    if (uid !== undefined && gid !== undefined && uid !== 0) return { name, uid, gid };
  }
  return undefined;
}

async function canReach(paths: string[], identity: Identity): Promise<boolean> {
  const [program = '/bin/sh', ...args] = [
    ...identity.prefix,
    '/bin/sh',
    '-c',
    'for path in "$@"; do test -x "$path" || exit 1; done',
    'reach',
    ...paths,
  ];
  const { exitCode } = await execa(program, args, {
    reject: false,
    cwd: '/',
    ...(identity.uid === undefined ? {} : { uid: identity.uid }),
    ...(identity.gid === undefined ? {} : { gid: identity.gid }),
  });
  return exitCode === 0;
}

/**
 * Postgres refuses to run as root. An ordinary user runs it as itself; root runs it as `postgres` or `nobody`.
 * Where that user cannot enter the directories on the way (a checkout under /root), `setpriv` gives the process the one
 * capability that opens them. `paths` (programs and directories) must exist already.
 * Throws with advice when nothing helps.
 */
export async function identityForPostgres(paths: string[]): Promise<Identity> {
  if (process.getuid?.() !== 0) return { prefix: [] };
  const user = await firstUser(['postgres', 'nobody']);
  if (user === undefined) {
    throw new Error('Postgres does not run as root, and there is no user "postgres" or "nobody" to run it as');
  }
  const owner = { uid: user.uid, gid: user.gid };
  const plain: Identity = { owner, ...owner, prefix: [] };
  if (await canReach(paths, plain)) return plain;
  const withCapability: Identity = {
    owner,
    prefix: [
      'setpriv',
      `--reuid=${user.uid}`,
      `--regid=${user.gid}`,
      '--clear-groups',
      '--inh-caps=-all,+dac_override',
      '--ambient-caps=-all,+dac_override',
      '--',
    ],
  };
  if (await canReach(paths, withCapability)) return withCapability;
  throw new Error(
    `Postgres does not run as root, and the user "${user.name}" cannot enter ${paths.join(' or ')}. ` +
      'Move the checkout to a directory that everybody may enter, run as an ordinary user, or set DATABASE_URL.',
  );
}
