import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import {
  AGENT_LIFETIME_MS,
  AGENT_RENEWAL_MS,
  AgentAccounts,
  agentUserJwt,
  type BusAuthority,
  createNkey,
  credentialsText,
  isUserPublicKey,
  parseCredentials,
  serverConfig,
  serviceUserJwt,
} from '@everynode/bus-credentials';
import { isAgentName } from '@everynode/contract';
import { ensureAuthority, waitUntil } from '@everynode/local-stack';
import { makePrivateDirectory, readIfPresent, writeSecretFile } from '@everynode/service-shell/private-files';

export interface BusCredentialsFlags {
  pki: string;
  url: string;
}

/** Requests are looked for this often, in ms. */
const LOOK_MS = 500;
const PKI_DEADLINE_MS = 300_000;
const SERVICES = ['api', 'scheduler'];

/**
 * Issues the credentials of a bus whose processes share no files but these, until it is ended. In `directory`:
 *
 * - `authority/`: the secret of the accounts, and which key each agent has. For this process alone.
 * - `server/`: the configuration of the NATS server, its certificate, and the accounts that it keeps.
 * - `services/`: a creds file for each service, the CA, and the nodes that each agent may register: those that are
 *   named after it.
 * - `requests/`: an agent puts its public key here, as `NAME.pub`. The first key for a name has it for good.
 * - `answers/`: the agent's JWT, as `NAME.jwt`, which is no secret, and the CA.
 */
export async function issueBusCredentials(directory: string, { pki, url }: BusCredentialsFlags): Promise<never> {
  const at = (...path: string[]) => join(directory, ...path);
  const pem = (name: string) =>
    waitUntil(() => readIfPresent(join(pki, name)), { what: join(pki, name), deadlineMs: PKI_DEADLINE_MS });
  const [ca, certificate, key] = await Promise.all([pem('ca.crt'), pem('nats.crt'), pem('nats.key')]);
  const authority = await ensureAuthority(at('authority', 'secret'));
  await Promise.all([
    writeSecretFile(at('services', 'ca.crt'), ca),
    writeSecretFile(at('answers', 'ca.crt'), ca),
    writeSecretFile(at('server', 'nats.crt'), certificate),
    writeSecretFile(at('server', 'nats.key'), key),
    ...SERVICES.map((name) => writeService(at('services', `${name}.creds`), authority, name)),
  ]);
  const config = serverConfig(
    {
      listen: `0.0.0.0:${new URL(url).port}`,
      authority,
      accountsDir: at('server', 'accounts'),
      tls: { certificateFile: at('server', 'nats.crt'), keyFile: at('server', 'nats.key') },
      storeDir: '/data',
      monitoringPort: 8222,
    },
    Date.now(),
  );
  await writeSecretFile(at('server', 'nats.conf'), config);
  const desk = new EnrolmentDesk(directory, authority, new AgentAccounts({ url, ca, authority }));
  for (;;) {
    await desk.look().catch((error: unknown) => process.stderr.write(`${String(error)}\n`));
    await delay(LOOK_MS);
  }
}

async function writeService(file: string, authority: BusAuthority, name: string): Promise<void> {
  const known = await readIfPresent(file);
  const key = known === undefined ? createNkey('user') : parseCredentials(known).key;
  await writeSecretFile(file, credentialsText(serviceUserJwt(authority, name, key.publicKey, Date.now()), key));
}

/** Issues credentials for the requests in a directory. */
export class EnrolmentDesk {
  readonly #directory: string;
  readonly #authority: BusAuthority;
  readonly #accounts: Pick<AgentAccounts, 'enrol'>;
  /** When the last JWT of an agent was issued, in ms since 1970. */
  readonly #issued = new Map<string, number>();
  /** Whether the schedulers know of every agent that has a key. */
  #isEnrolled = false;

  constructor(directory: string, authority: BusAuthority, accounts: Pick<AgentAccounts, 'enrol'>) {
    this.#directory = directory;
    this.#authority = authority;
    this.#accounts = accounts;
  }

  /** Issues what is asked for or due. @throws Error when the bus cannot be reached: the rest is for the next look. */
  async look(now = Date.now()): Promise<void> {
    if (!this.#isEnrolled) await this.#enrolHolders();
    const requests = join(this.#directory, 'requests');
    for (const file of await readdir(requests)) {
      const agent = /^(.+)\.pub$/.exec(file)?.[1];
      if (agent === undefined || !isAgentName(agent)) continue;
      if (now - (this.#issued.get(agent) ?? Number.NEGATIVE_INFINITY) < AGENT_RENEWAL_MS) continue;
      const publicKey = (await readFile(join(requests, file), 'utf8')).trim();
      if (!isUserPublicKey(publicKey) || !(await this.#isHolder(agent, publicKey))) continue;
      if (!this.#isEnrolled) await this.#enrolHolders();
      await this.#accounts.enrol(agent);
      const jwt = agentUserJwt(this.#authority, { agent, publicKey, now, expires: now + AGENT_LIFETIME_MS });
      await writeSecretFile(join(this.#directory, 'answers', `${agent}.jwt`), jwt);
      this.#issued.set(agent, now);
    }
  }

  /** Whether a name is this key's. A name without a key becomes it. */
  async #isHolder(agent: string, publicKey: string): Promise<boolean> {
    const file = join(this.#holders, `${agent}.pub`);
    const known = await readIfPresent(file);
    if (known === undefined) {
      await writeSecretFile(file, publicKey);
      this.#isEnrolled = false;
    }
    return (known ?? publicKey) === publicKey;
  }

  get #holders(): string {
    return join(this.#directory, 'authority', 'agents');
  }

  async #enrolHolders(): Promise<void> {
    await makePrivateDirectory(this.#holders);
    const agents = (await readdir(this.#holders)).map((file) => file.replace(/\.pub$/, ''));
    const enrolments = Object.fromEntries(agents.map((agent) => [agent, [`${agent}-*`]]));
    await writeSecretFile(join(this.#directory, 'services', 'enrolments.json'), JSON.stringify(enrolments));
    this.#isEnrolled = true;
  }
}
