import { Agent, type RequestOptions, request } from 'node:https';
import { createInterface } from 'node:readline';
import { KubeConfig } from '@kubernetes/client-node';

export const TABLE = 'application/json;as=Table;v=v1;g=meta.k8s.io';

export interface WatchEvent<T> {
  type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR';
  object: T;
}

/** An API server of the kubeconfig's current context. Plain HTTPS, so that what is measured is the server. */
export class KubeClient {
  readonly #options: RequestOptions;
  readonly #server: URL;

  private constructor(server: string, options: RequestOptions) {
    this.#server = new URL(server);
    this.#options = options;
  }

  static async open(kubeconfig: string): Promise<KubeClient> {
    const config = new KubeConfig();
    config.loadFromFile(kubeconfig);
    const server = config.getCurrentCluster()?.server;
    if (!server) throw new Error(`${kubeconfig} names no cluster`);
    const options: RequestOptions = {};
    await config.applyToHTTPSOptions(options as Parameters<KubeConfig['applyToHTTPSOptions']>[0]);
    const { ca, cert, key, rejectUnauthorized } = options;
    const tls = {
      ...(ca && { ca }),
      ...(cert && { cert }),
      ...(key && { key }),
      ...(rejectUnauthorized !== undefined && { rejectUnauthorized }),
    };
    const agent = new Agent({ keepAlive: true, maxSockets: 32, ...tls });
    return new KubeClient(server, { headers: options.headers ?? {}, agent });
  }

  #request(method: string, path: string, headers: Record<string, string>) {
    const own = this.#options.headers as Record<string, string>;
    return request(new URL(path, this.#server), { ...this.#options, method, headers: { ...own, ...headers } });
  }

  /** The parsed answer. Rejects for a status that `accepts` does not name; 2xx always are fine. */
  call<T>(
    method: string,
    path: string,
    body?: object,
    contentType = 'application/json',
    accepts: number[] = [],
  ): Promise<T> {
    return new Promise((resolve, reject) => {
      const text = body === undefined ? undefined : JSON.stringify(body);
      const headers = { accept: 'application/json', ...(text !== undefined && { 'content-type': contentType }) };
      const outgoing = this.#request(method, path, headers);
      outgoing.on('error', reject);
      outgoing.on('response', (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () => {
          const answer = Buffer.concat(chunks).toString();
          const status = response.statusCode ?? 0;
          if ((status >= 200 && status < 300) || accepts.includes(status)) resolve(JSON.parse(answer) as T);
          else reject(new Error(`${method} ${path}: ${status} ${answer.slice(0, 300)}`));
        });
      });
      outgoing.end(text);
    });
  }

  /** Calls `onEvent` for each event until the returned function is called. `onEnd` hears of a stream that ends by itself. */
  watch<T>(
    path: string,
    accept: string,
    onEvent: (event: WatchEvent<T>) => void,
    onEnd: (error: Error) => void,
  ): () => void {
    const outgoing = this.#request('GET', path, { accept });
    let closed = false;
    const end = (error: Error): void => {
      if (!closed) onEnd(error);
      closed = true;
    };
    outgoing.on('error', end);
    outgoing.on('response', (response) => {
      if (response.statusCode !== 200) end(new Error(`GET ${path}: ${response.statusCode}`));
      const lines = createInterface({ input: response });
      lines.on('line', (line) => onEvent(JSON.parse(line) as WatchEvent<T>));
      // Both say the same: an error of the response reaches whoever reads it.
      response.on('error', end);
      lines.on('error', end);
      lines.on('close', () => end(new Error(`the watch of ${path} has ended`)));
    });
    outgoing.end();
    return () => {
      closed = true;
      outgoing.destroy();
    };
  }
}
