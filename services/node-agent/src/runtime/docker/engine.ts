import { Agent } from 'node:http';
import type { Duplex, Readable } from 'node:stream';
import { linesOf } from '@everynode/container-streams';
import { type BackoffOptions, type Logger, retryUntilDone } from '@everynode/service-shell';
import DockerModem from 'docker-modem';
import type {
  ContainerBody,
  EngineContainer,
  EngineImage,
  EngineStats,
  ExecBody,
  ExecState,
  ListedContainer,
  LogQuery,
} from './engine-objects.js';
import type { RegistryLogin } from './registry-logins.js';

/** The engine has refused something, with the HTTP status and in its own words. */
export class EngineError extends Error {
  readonly retryable = true;
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/** Whether the engine says that something is not there, or, of a container, does not run. */
export const isGone = (error: unknown): boolean =>
  error instanceof EngineError && (error.status === NOT_FOUND || error.status === CONFLICT);

/** An engine may hang with one of its containers, in ms. */
const STATS_MS = 10_000;

const NOT_FOUND = 404;
const CONFLICT = 409;
const NOT_MODIFIED = 304;
/** What is no failure. An engine that changes protocols has answered with 101. */
const GOOD = { 101: true, 200: true, 201: true, 202: true, 204: true, [NOT_MODIFIED]: true };

type Labels = Readonly<Record<string, string>>;

/** A filter of the API: containers that have all of these labels. */
const labelled = (labels: Labels) => ({ label: Object.entries(labels).map(([name, value]) => `${name}=${value}`) });

/**
 * The API of a Docker Engine at its socket, in the newest version that the engine has. Every call rejects with
 * EngineError where the engine refuses it, and with another Error where it does not answer. Source: moby,
 * api/swagger.yaml.
 */
export class Engine {
  readonly #modem: DockerModem;

  constructor(socket: string) {
    // A connection that was kept would be one to an engine that has ended meanwhile.
    this.#modem = new DockerModem({ socketPath: socket, agent: new Agent({ keepAlive: false }) });
  }

  #dial<Result>(method: 'GET' | 'POST' | 'DELETE', path: string, more: Dialled = {}): Promise<Result> {
    const { query, body, ...how } = more;
    const options = { _query: query ?? {}, _body: body ?? {} };
    return new Promise((resolve, reject) => {
      this.#modem.dial({ method, path: `${path}?`, statusCodes: GOOD, options, ...how }, (error, result) => {
        if (error) reject(engineError(error));
        else resolve(result as Result);
      });
    });
  }

  version(): Promise<{ Version: string }> {
    return this.#dial('GET', '/version');
  }

  /** The folder in which the engine keeps images and containers. */
  async rootFolder(): Promise<string> {
    return (await this.#dial<{ DockerRootDir: string }>('GET', '/info')).DockerRootDir;
  }

  /** All containers that have the labels, whatever they do. With `size`, what they have written: that takes long. */
  list(labels: Labels, size = false): Promise<ListedContainer[]> {
    return this.#dial('GET', '/containers/json', { query: { all: true, size, filters: labelled(labels) } });
  }

  /** What a container uses now, and has used so far; undefined where it is gone. It is waited for so long at most. */
  async stats(id: string): Promise<EngineStats | undefined> {
    const query = { stream: false, 'one-shot': true };
    try {
      return await this.#dial<EngineStats>('GET', `/containers/${id}/stats`, {
        query,
        abortSignal: AbortSignal.timeout(STATS_MS),
      });
    } catch (error) {
      if (isGone(error)) return undefined;
      throw error;
    }
  }

  inspect(id: string): Promise<EngineContainer> {
    return this.#dial('GET', `/containers/${id}/json`);
  }

  /** The container with this id or name; undefined where there is none. */
  async find(id: string): Promise<EngineContainer | undefined> {
    try {
      return await this.inspect(id);
    } catch (error) {
      if (isGone(error)) return undefined;
      throw error;
    }
  }

  /** Creates a container, and returns its id. */
  async create(name: string, body: ContainerBody): Promise<string> {
    const { Id } = await this.#dial<{ Id: string }>('POST', '/containers/create', { query: { name }, body });
    return Id;
  }

  async start(id: string): Promise<void> {
    await this.#dial('POST', `/containers/${id}/start`);
  }

  async kill(id: string, signal: string): Promise<void> {
    await this.#dial('POST', `/containers/${id}/kill`, { query: { signal } });
  }

  /** Kills and removes a container, and volumes that its image has asked for. One that is not there is no fault. */
  async remove(id: string): Promise<void> {
    try {
      await this.#dial('DELETE', `/containers/${id}`, { query: { force: true, v: true } });
    } catch (error) {
      if (!isGone(error)) throw error;
    }
  }

  /** Changes the limits of a container that runs. */
  async update(id: string, resources: object): Promise<void> {
    await this.#dial('POST', `/containers/${id}/update`, { body: resources });
  }

  /** Undefined for an image that the engine does not have. */
  async image(name: string): Promise<EngineImage | undefined> {
    try {
      return await this.#dial<EngineImage>('GET', `/images/${pathOf(name)}/json`);
    } catch (error) {
      if (error instanceof EngineError && error.status === NOT_FOUND) return undefined;
      throw error;
    }
  }

  /** Pulls an image. */
  async pull(image: string, login?: RegistryLogin): Promise<void> {
    const { name, tag } = referenceOf(image);
    const query = { fromImage: name, tag };
    const how = { query, isStream: true, ...(login && { authconfig: { ...login } }) };
    await toEnd(await this.#dial<Readable>('POST', '/images/create', how));
  }

  /** Makes an image of the files of an archive (tar). */
  async importImage(files: Readable, { repo, tag, changes }: { repo: string; tag: string; changes: string[] }) {
    const query = { fromSrc: '-', repo, tag, changes };
    await toEnd(await this.#dial<Readable>('POST', '/images/create', { query, file: files, isStream: true }));
  }

  /** What a container has written: frames, or with a terminal its bytes. */
  logs(id: string, query: LogQuery, signal?: AbortSignal): Promise<Readable> {
    return this.#dial('GET', `/containers/${id}/logs`, {
      query: { stdout: true, stderr: true, timestamps: true, ...query },
      isStream: true,
      ...(signal && { abortSignal: signal }),
    });
  }

  /** Starts a command in a container. What it writes comes in frames, or with a terminal as bytes. */
  async exec(id: string, body: ExecBody): Promise<{ id: string; stream: Duplex }> {
    const { Id } = await this.#dial<{ Id: string }>('POST', `/containers/${id}/exec`, { body });
    const stream = await this.#dial<Duplex>('POST', `/exec/${Id}/start`, {
      body: { Detach: false, Tty: body.Tty },
      ...HIJACKED,
    });
    return { id: Id, stream };
  }

  execState(id: string): Promise<ExecState> {
    return this.#dial('GET', `/exec/${id}/json`);
  }

  attach(id: string, streams: { stdin: boolean; stdout: boolean; stderr: boolean }): Promise<Duplex> {
    const query = { stream: true, ...streams };
    // Nothing is sent of a request that is open for input before it has a body.
    return this.#dial('POST', `/containers/${id}/attach`, { query, body: query, ...HIJACKED });
  }

  /** Sets the size of the terminal of a command, or of a container. */
  async resize(of: 'exec' | 'containers', id: string, columns: number, rows: number): Promise<void> {
    await this.#dial('POST', `/${of}/${id}/resize`, { query: { w: columns, h: rows } });
  }

  /** Ids of containers with these labels that have ended, from now on. */
  async *ends(labels: Labels, signal: AbortSignal, onOpen: () => void): AsyncGenerator<string> {
    const filters = { type: ['container'], event: ['die'], ...labelled(labels) };
    const stream = await this.#dial<Readable>('GET', '/events', {
      query: { filters },
      isStream: true,
      abortSignal: signal,
    });
    onOpen();
    for await (const line of linesOf(stream)) yield (JSON.parse(line) as { Actor: { ID: string } }).Actor.ID;
  }
}

interface Dialled {
  query?: object;
  body?: object;
  file?: Readable;
  authconfig?: { [key: string]: string };
  isStream?: boolean;
  hijack?: boolean;
  openStdin?: boolean;
  abortSignal?: AbortSignal;
}

/** The connection becomes a stream in both directions. */
const HIJACKED = { hijack: true, openStdin: true, isStream: true };

function engineError(error: Error): Error {
  const { statusCode, json } = error as Error & { statusCode?: number; json?: { message?: string } | null };
  if (statusCode === undefined) return error;
  // The client writes the status around the words of an engine whose answer is a stream.
  const words = json?.message ?? error.message.replace(/^\(HTTP code \d+\) .*? - /, '').trim();
  return new EngineError(statusCode, words);
}

/** The name and the tag, or digest, of an image; `latest` without one. */
export function referenceOf(image: string): { name: string; tag: string } {
  const at = image.indexOf('@');
  if (at >= 0) return { name: image.slice(0, at).replace(/:[^/:]*$/, ''), tag: image.slice(at + 1) };
  const [, name = image, tag = 'latest'] = /^(.*?)(?::([^/:]*))?$/.exec(image) ?? [];
  return { name, tag };
}

/** An image in a path: it may be any text. */
const pathOf = (image: string): string => image.split('/').map(encodeURIComponent).join('/');

/** Reads the progress of something to its end. @throws EngineError where it failed. */
async function toEnd(progress: Readable): Promise<void> {
  for await (const line of linesOf(progress)) {
    const { error } = JSON.parse(line) as { error?: string };
    if (error !== undefined) throw new EngineError(200, error);
  }
}

const BACKOFF: BackoffOptions = { firstMs: 100, maxMs: 2000 };

/** Resolves to the version of an engine, when it answers; undefined when the signal aborts before. */
export function engineAnswers(engine: Engine, log: Logger, signal: AbortSignal): Promise<string | undefined> {
  return retryUntilDone(async () => (await engine.version()).Version, {
    signal,
    backoff: BACKOFF,
    onFailure: (err, failures) => log.warn({ err, failures }, 'the container engine does not answer yet'),
  });
}
