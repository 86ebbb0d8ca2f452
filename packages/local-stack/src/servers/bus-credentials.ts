import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  AGENT_LIFETIME_MS,
  AGENT_RENEWAL_MS,
  AgentAccounts,
  agentUserJwt,
  authorityOf,
  type BusAuthority,
  type BusCredential,
  createAuthoritySecret,
  createNkey,
  credentialsText,
  type Nkey,
  parseCredentials,
  serviceUserJwt,
} from '@everynode/bus-credentials';
import { readIfPresent, writeSecretFile } from '@everynode/service-shell/private-files';

/** The secret of a bus, made at the first call. */
export async function ensureAuthority(file: string): Promise<BusAuthority> {
  const secret = (await readIfPresent(file)) ?? `${createAuthoritySecret()}\n`;
  await writeSecretFile(file, secret);
  return authorityOf(secret);
}

interface IssuerOptions {
  url: string;
  caFile: string;
  authority: BusAuthority;
  /** The creds files are kept here: each process has its own. */
  dir: string;
  /** Receives why a credential could not be renewed. */
  log: (message: string) => void;
}

/** Issues the credentials of the processes on this machine, and renews those of agents while it runs. */
export class CredentialIssuer {
  readonly #options: IssuerOptions;
  readonly #agents = new Map<string, Promise<BusCredential>>();
  readonly #timer: NodeJS.Timeout;
  readonly accounts: AgentAccounts;

  private constructor(options: IssuerOptions, ca: string) {
    this.#options = options;
    const { authority, url } = options;
    this.accounts = new AgentAccounts({ url, ca, authority });
    this.#timer = setInterval(() => void this.#renew(), AGENT_RENEWAL_MS);
    this.#timer.unref();
  }

  static async open(options: IssuerOptions): Promise<CredentialIssuer> {
    return new CredentialIssuer(options, await readFile(options.caFile, 'utf8'));
  }

  /** The credential of a service, or of a client with the rights of one. */
  async service(name: string): Promise<BusCredential> {
    const { authority } = this.#options;
    return this.#write(`service-${name}`, ({ publicKey }) => serviceUserJwt(authority, name, publicKey, Date.now()));
  }

  /** The credential of an agent, which has an account on the server when this resolves. */
  agent(name: string): Promise<BusCredential> {
    const known = this.#agents.get(name);
    if (known) return known;
    const issued = this.#issue(name);
    this.#agents.set(name, issued);
    issued.catch(() => this.#agents.delete(name));
    return issued;
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    await this.accounts.close();
  }

  async #issue(agent: string): Promise<BusCredential> {
    await this.accounts.enrol(agent);
    return this.#sign(agent);
  }

  #sign(agent: string): Promise<BusCredential> {
    const { authority } = this.#options;
    const now = Date.now();
    const expires = now + AGENT_LIFETIME_MS;
    return this.#write(`agent-${agent}`, ({ publicKey }) =>
      agentUserJwt(authority, { agent, publicKey, now, expires }),
    );
  }

  async #renew(): Promise<void> {
    for (const agent of this.#agents.keys()) {
      await this.#sign(agent).catch((error: unknown) => {
        this.#options.log(`the credential of ${agent} was not renewed: ${String(error)}`);
      });
    }
  }

  /** Keeps the key that there is. A file that cannot be read is replaced. */
  async #write(name: string, jwtOf: (key: Nkey) => string): Promise<BusCredential> {
    const { caFile, dir } = this.#options;
    const credentialsFile = join(dir, `${name}.creds`);
    const known = await readIfPresent(credentialsFile);
    const key = (known && keyIn(known)) || createNkey('user');
    await writeSecretFile(credentialsFile, credentialsText(jwtOf(key), key));
    return { credentialsFile, caFile };
  }
}

function keyIn(text: string): Nkey | undefined {
  try {
    return parseCredentials(text).key;
  } catch {
    return undefined; // A damaged file is replaced.
  }
}
