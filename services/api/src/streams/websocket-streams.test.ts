import { once } from 'node:events';
import { request } from 'node:https';
import { PassThrough } from 'node:stream';
import { eventually } from '@everynode/test-kit';
import { Exec, KubeConfig, PortForward } from '@kubernetes/client-node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { startStreamedPod } from '../../testing/streamed-pods.js';

const POD = '/api/v1/namespaces/default/pods/p';

let pod: Awaited<ReturnType<typeof startStreamedPod>>;

beforeAll(async () => {
  pod = await startStreamedPod([{ at: '2026-01-01T00:00:00.000000000Z', stream: 'stdout', text: 'a line' }]);
});

afterAll(() => pod.stop());

function open(path: string, protocols: string[] = []) {
  const { url, ca, key, cert } = pod.api.server;
  const webSocket = new WebSocket(url.replace('https', 'wss') + path, protocols, { ca, key, cert });
  const messages: { channel: number; text: string; isBinary: boolean }[] = [];
  webSocket.on('message', (data: Buffer, isBinary) =>
    messages.push({ channel: data[0] ?? -1, text: data.subarray(1).toString(), isBinary }),
  );
  return { webSocket, messages, closed: once(webSocket, 'close') };
}

describe('streams over WebSockets', () => {
  it.each(['v5.channel.k8s.io', 'v4.channel.k8s.io'])('run a command by %s', async (protocol) => {
    const { webSocket, messages, closed } = open(`${POD}/exec?command=sh&command=-c&command=echo+out%3B+exit+3`, [
      protocol,
    ]);
    expect((await closed)[0]).toBe(1000);
    expect(webSocket.protocol).toBe(protocol);
    const said = (channel: number) => messages.filter((one) => one.channel === channel).map(({ text }) => text);
    expect(said(1).join('')).toBe('out\n');
    expect(JSON.parse(said(3).join(''))).toMatchObject({
      status: 'Failure',
      reason: 'NonZeroExitCode',
      details: { causes: [{ reason: 'ExitCode', message: '3' }] },
    });
  });

  it('run a command in base64, and end its input by v5', async () => {
    const based = open(`${POD}/exec?command=cat&stdin=true`, ['v4.base64.channel.k8s.io']);
    await once(based.webSocket, 'open');
    based.webSocket.send(`0${Buffer.from('hello').toString('base64')}`);
    const answer = Buffer.from('hello').toString('base64');
    await eventually(() => expect(based.messages).toContainEqual({ channel: 0x31, text: answer, isBinary: false }));
    based.webSocket.close();
    const ended = open(`${POD}/exec?command=cat&stdin=true`, ['v5.channel.k8s.io']);
    await once(ended.webSocket, 'open');
    ended.webSocket.send(Buffer.from('\x00until the end'));
    ended.webSocket.send(Buffer.from([255, 0]));
    await ended.closed;
    expect(ended.messages).toContainEqual({ channel: 1, text: 'until the end', isBinary: true });
  });

  it('read a log', async () => {
    const { messages, closed, webSocket } = open(`${POD}/log?tailLines=9223372036854775807`, ['base64.binary.k8s.io']);
    const texts: string[] = [];
    webSocket.on('message', (data: Buffer) => texts.push(Buffer.from(data.toString(), 'base64').toString()));
    await closed;
    expect(texts.join('')).toBe('a line\n');
    expect(messages.every(({ isBinary }) => !isBinary)).toBe(true);
  });

  it('are refused with a Status: an unknown protocol, a port that is none', async () => {
    for (const [path, protocols, message] of [
      ['exec?command=ls', ['v9.channel.k8s.io'], 'requested protocol(s) are not supported: [v9.channel.k8s.io]'],
      ['portforward', ['v4.channel.k8s.io'], 'query parameter "port" is required'],
      ['portforward?ports=0', ['v4.channel.k8s.io'], 'port "0" must be > 0'],
      [`portforward?ports=${'80,'.repeat(64)}80`, ['v4.channel.k8s.io'], 'at most 64 ports'],
      ['portforward?ports=1,2,3,4,5,6', ['v4.base64.channel.k8s.io'], 'at most 5 ports'],
      ['log?tailLines=-1', [], 'tailLines: Invalid value: -1: must be greater than or equal to 0'],
      ['log?sinceSeconds=1&sinceTime=2026-01-01T00:00:00Z', [], 'at most one of `sinceTime` or `sinceSeconds`'],
      ['log?sinceTime=yesterday', [], 'parsing time "yesterday"'],
      ['log?container=none', [], 'container none is not valid for pod p'],
    ] as const) {
      const { webSocket } = open(`${POD}/${path}`, [...protocols]);
      const [, response] = await once(webSocket, 'unexpected-response');
      let text = '';
      for await (const chunk of response) text += chunk;
      expect(JSON.parse(text).message).toContain(message);
    }
  });

  it('end a command whose client has gone', async () => {
    const { webSocket } = open(`${POD}/exec?command=sleep&command=1000`, ['v4.channel.k8s.io']);
    await once(webSocket, 'message');
    await eventually(() => expect(pod.streams.running.size).toBe(1));
    webSocket.terminate();
    await eventually(() => expect(pod.streams.running.size).toBe(0));
  });

  it('read as slowly as they like, and hold up nothing else', async () => {
    const slow = open(`${POD}/exec?command=yes`, ['v4.channel.k8s.io']);
    await once(slow.webSocket, 'message');
    slow.webSocket.pause();
    const quick = open(`${POD}/exec?command=echo&command=quick`, ['v4.channel.k8s.io']);
    await quick.closed;
    expect(quick.messages).toContainEqual({ channel: 1, text: 'quick\n', isBinary: true });
    slow.webSocket.terminate();
    await eventually(() => expect(pod.streams.running.size).toBe(0));
  });
});

describe('@kubernetes/client-node', () => {
  const kubeConfig = new KubeConfig();

  beforeAll(() => kubeConfig.loadFromFile(pod.kubeconfig));

  it('runs a command', async () => {
    const [stdout, stdin] = [new PassThrough(), new PassThrough()];
    let printed = '';
    stdout.on('data', (text) => {
      printed += text;
    });
    const status = await new Promise((resolve, reject) => {
      const command = ['sh', '-c', 'read x; echo got $x; exit 5'];
      new Exec(kubeConfig).exec('default', 'p', 'c', command, stdout, null, stdin, false, resolve).catch(reject);
      stdin.write('this\n');
    });
    expect(status).toMatchObject({ status: 'Failure', reason: 'NonZeroExitCode' });
    expect(printed).toBe('got this\n');
  });

  it('forwards a port', async () => {
    const [output, input] = [new PassThrough(), new PassThrough()];
    const opened = await new PortForward(kubeConfig).portForward('default', 'p', [pod.echoPort], output, null, input);
    input.write('there and back');
    expect(String((await once(output, 'data'))[0])).toBe('there and back');
    (typeof opened === 'function' ? opened() : opened)?.close();
    await eventually(() => expect(pod.agent.tunnels.open).toBe(0));
  });
});

describe('a log that is followed', () => {
  it('says why it ends when the agent stops', async () => {
    const { ca, key, cert, url } = pod.api.server;
    const asked = request(`${url}${POD}/log?follow=true`, { ca, key, cert, agent: false });
    asked.end();
    const [response] = await once(asked, 'response');
    expect(response.headers['content-type']).toBe('text/plain');
    let text = '';
    response.on('data', (bytes: Buffer) => {
      text += bytes;
    });
    await eventually(() => expect(text).toBe('a line\n'));
    const broken = once(response, 'error');
    await pod.agent.tunnels.close();
    expect(String((await broken)[0])).toContain('aborted');
    expect(text).toBe('a line\nerror: the agent is stopping\n');
  });
});
