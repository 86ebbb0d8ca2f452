import { request as requestHttp } from 'node:http';
import { type ClientHttp2Session, connect as connectHttp2 } from 'node:http2';
import { request as requestHttps } from 'node:https';
import { connect } from 'node:net';
import type { ProbeOutcome } from '@everynode/kubelet';
import type { Container, Probe } from '@everynode/objects';

type HttpGet = NonNullable<Probe['httpGet']>;

const MAX_BODY = 10 << 10;
const MAX_REDIRECTS = 10;
const USER_AGENT = 'kube-probe/1.36';

/** What network probes ask: where the pod is, and how long they may take. */
export interface ProbeTarget {
  container: Pick<Container, 'ports'>;
  ip: string;
  timeoutMs: number;
}

/**
 * The number of a port that may be the name of one of the container; undefined for none. Source:
 * pkg/probe/util.go, ResolveContainerPort.
 */
function portOf(port: number | string, { ports = [] }: Pick<Container, 'ports'>): number | undefined {
  const number = Number(port) || ports.find(({ name }) => name === port)?.containerPort;
  return number !== undefined && number > 0 && number < 65_536 ? number : undefined;
}

const error = (output: string): ProbeOutcome => ({ verdict: 'error', output });
const failure = (output: string): ProbeOutcome => ({ verdict: 'failure', output });

interface Answer {
  status: number;
  location: string | undefined;
}

/** Source: pkg/probe/http/http.go. */
export async function probeHttp(get: HttpGet, { container, ip, timeoutMs }: ProbeTarget): Promise<ProbeOutcome> {
  const port = portOf(get.port, container);
  if (port === undefined) return error(`couldn't find port: ${JSON.stringify(get.port)}`);
  const scheme = (get.scheme ?? 'HTTP').toLowerCase();
  const host = get.host || ip;
  const path = get.path ?? '/';
  let url = new URL(`${scheme}://${host.includes(':') ? `[${host}]` : host}:${port}`);
  url = new URL(path.startsWith('/') ? path : `/${path}`, url);
  const signal = AbortSignal.timeout(timeoutMs);
  const first = url.hostname;
  try {
    for (let redirects = 0; ; redirects += 1) {
      const { status, location } = await askHttp(url, get, signal);
      if (status < 200 || status >= 400) return failure(`HTTP probe failed with statuscode: ${status}`);
      if (status < 300 || location === undefined) return { verdict: 'success', output: '' };
      url = new URL(location, url);
      if (url.hostname !== first) {
        return { verdict: 'warning', output: 'Probe terminated redirects, Response body: ' };
      }
      if (redirects >= MAX_REDIRECTS) return failure(`Get ${JSON.stringify(String(url))}: stopped after 10 redirects`);
    }
  } catch (thrown) {
    const why = signal.aborted ? 'context deadline exceeded (Client.Timeout exceeded)' : (thrown as Error).message;
    return failure(`Get ${JSON.stringify(String(url))}: ${why}`);
  }
}

/** One request on a connection of its own. What answers is not asked who it is, as a kubelet does not. */
function askHttp(url: URL, { httpHeaders = [] }: HttpGet, signal: AbortSignal): Promise<Answer> {
  // Those of the probe replace the usual ones; several of one name are all sent.
  const headers: Record<string, string[]> = {};
  for (const { name, value } of httpHeaders ?? []) {
    const key = name.toLowerCase();
    headers[key] = [...(headers[key] ?? []), value];
  }
  headers['user-agent'] ??= [USER_AGENT];
  headers.accept ??= ['*/*'];
  const request = url.protocol === 'https:' ? requestHttps : requestHttp;
  return new Promise((resolve, reject) => {
    const sent = request(url, { headers, signal, agent: false, rejectUnauthorized: false }, (answer) => {
      let read = 0;
      const finish = () => {
        resolve({ status: answer.statusCode ?? 0, location: answer.headers.location });
        sent.destroy();
      };
      answer.on('data', (chunk: Buffer) => {
        read += chunk.length;
        if (read > MAX_BODY) finish();
      });
      answer.on('end', finish);
      answer.on('error', reject);
    });
    sent.on('error', reject);
    sent.end();
  });
}

/** Source: pkg/probe/tcp/tcp.go. */
export function probeTcp(
  { port, host }: NonNullable<Probe['tcpSocket']>,
  { container, ip, timeoutMs }: ProbeTarget,
): Promise<ProbeOutcome> {
  const number = portOf(port, container);
  if (number === undefined) return Promise.resolve(error(`couldn't find port: ${JSON.stringify(port)}`));
  return new Promise((resolve) => {
    const socket = connect({ host: host || ip, port: number });
    const end = (outcome: ProbeOutcome) => {
      socket.destroy();
      resolve(outcome);
    };
    socket.setTimeout(timeoutMs, () => end(failure(`dial tcp ${host || ip}:${number}: i/o timeout`)));
    socket.once('connect', () => end({ verdict: 'success', output: '' }));
    socket.once('error', ({ message }) => end(failure(`dial tcp ${host || ip}:${number}: ${message}`)));
  });
}

/** The only status of a health check that passes. Source: grpc.health.v1, HealthCheckResponse. */
const SERVING = 1;

/** A message in a frame of gRPC: not compressed, and its length. */
function framed(message: Buffer): Buffer {
  const head = Buffer.alloc(5);
  head.writeUInt32BE(message.length, 1);
  return Buffer.concat([head, message]);
}

/** HealthCheckRequest: the service is field 1, a text. */
function healthRequest(service: string): Buffer {
  const name = Buffer.from(service, 'utf8');
  if (name.length === 0) return framed(Buffer.alloc(0));
  const MAX_ONE_BYTE = 127;
  const length = name.length > MAX_ONE_BYTE ? [(name.length & MAX_ONE_BYTE) | 128, name.length >> 7] : [name.length];
  return framed(Buffer.concat([Buffer.from([0x0a, ...length]), name]));
}

/** HealthCheckResponse: the status is field 1, a number; one that is 0 is left out. */
const statusOf = (answer: Buffer): number => (answer[5] === 0x08 ? (answer[6] ?? 0) : 0);

/**
 * Asks a gRPC server for its health, without TLS. It is one message each way, which is written here: the libraries for
 * gRPC would take more memory than the rest of an agent. Source: pkg/probe/grpc/grpc.go.
 */
export function probeGrpc(
  { port, service }: NonNullable<Probe['grpc']>,
  { ip, timeoutMs }: ProbeTarget,
): Promise<ProbeOutcome> {
  return new Promise((resolve) => {
    let session: ClientHttp2Session | undefined;
    const end = (outcome: ProbeOutcome) => {
      clearTimeout(timer);
      session?.destroy();
      resolve(outcome);
    };
    const timer = setTimeout(() => {
      end(
        failure(
          `timeout: failed to connect service "${ip}:${port}" within ${timeoutMs / 1000}s: context deadline exceeded`,
        ),
      );
    }, timeoutMs);
    session = connectHttp2(`http://${ip.includes(':') ? `[${ip}]` : ip}:${port}`);
    session.on('error', ({ message }) => end(failure(`error: failed to connect service "${ip}:${port}": ${message}`)));
    const stream = session.request({
      ':method': 'POST',
      ':path': '/grpc.health.v1.Health/Check',
      'content-type': 'application/grpc',
      te: 'trailers',
      'user-agent': USER_AGENT,
    });
    const chunks: Buffer[] = [];
    let code = '0';
    let size = 0;
    stream.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size > MAX_ANSWER) end(failure('error: health rpc probe failed: the answer is too large'));
      else chunks.push(chunk);
    });
    const take = (headers: Record<string, unknown>) => {
      if (headers['grpc-status'] !== undefined) code = String(headers['grpc-status']);
    };
    stream.on('response', take);
    stream.on('trailers', take);
    stream.on('error', ({ message }) => end(failure(`error: health rpc probe failed: ${message}`)));
    stream.on('end', () => {
      const UNIMPLEMENTED = '12';
      const status = statusOf(Buffer.concat(chunks));
      if (code === UNIMPLEMENTED) {
        end(failure('error: this server does not implement the grpc health protocol (grpc.health.v1.Health)'));
      } else if (code !== '0') end(failure(`error: health rpc probe failed with code ${code}`));
      else if (status !== SERVING)
        end(failure(`service unhealthy (responded with ${JSON.stringify(NAMES[status] ?? status)})`));
      else end({ verdict: 'success', output: 'service healthy' });
    });
    stream.end(healthRequest(service ?? ''));
  });
}

/** The answer has a few bytes; a server may send without end. */
const MAX_ANSWER = 64 << 10;

const NAMES = ['UNKNOWN', 'SERVING', 'NOT_SERVING', 'SERVICE_UNKNOWN'];
