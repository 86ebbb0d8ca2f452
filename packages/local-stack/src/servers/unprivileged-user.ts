import { readFile } from 'node:fs/promises';
import { execa } from 'execa';

/** An account that is not root. */
export interface SystemUser {
  name: string;
  uid: number;
  gid: number;
}

/** The accounts that are made for such work come first. */
const PREFERRED = ['postgres', 'nobody'];
/** From this uid on, accounts belong to people (login.defs(5), UID_MIN). */
const FIRST_ORDINARY_UID = 1000;

/** The accounts of a passwd file without root, in the order of the file (passwd(5)). */
function parseUsers(passwd: string): SystemUser[] {
  const users = passwd.split('\n').map((line) => {
    const [name = '', , uid = '', gid = ''] = line.split(':');
    return { name, uid: Number(uid || Number.NaN), gid: Number(gid || Number.NaN) };
  });
  return users.filter(({ uid, gid }) => Number.isInteger(uid) && Number.isInteger(gid) && uid !== 0);
}

/**
 * The account that runs Postgres for root: the first of {@link PREFERRED}, else the first system account. It is no
 * person's account, since that person could then read and change the data. It has to be in the passwd file, since
 * initdb looks up the name of the user that it runs as.
 * @throws Error with advice when the file has no such account.
 */
export async function unprivilegedUser(passwdFile = '/etc/passwd'): Promise<SystemUser> {
  const users = parseUsers(await readFile(passwdFile, 'utf8').catch(() => ''));
  const preferred = PREFERRED.map((wanted) => users.find(({ name }) => name === wanted));
  const user = preferred.find((found) => found !== undefined) ?? users.find(({ uid }) => uid < FIRST_ORDINARY_UID);
  if (user === undefined) {
    throw new Error(
      `Postgres does not run as root, and ${passwdFile} has no system account for it. ` +
        'Add one (useradd --system postgres), or set DATABASE_URL to a server of yours.',
    );
  }
  return user;
}

/** Whether a user may enter all these directories and run these programs. Only root can ask. */
export async function canReach({ uid, gid }: SystemUser, paths: string[]): Promise<boolean> {
  const script = 'for path in "$@"; do test -x "$path" || exit 1; done';
  const { exitCode } = await execa('/bin/sh', ['-c', script, 'reach', ...paths], { reject: false, cwd: '/', uid, gid });
  return exitCode === 0;
}
