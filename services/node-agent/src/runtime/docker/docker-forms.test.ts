import { Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { resourcesOf } from './container-resources.js';
import { referenceOf } from './engine.js';
import { logLinesOf } from './engine-stream.js';
import { resolvingOf } from './resolv-conf.js';

describe('what a container is held to', () => {
  it.each<[Parameters<typeof resourcesOf>[0], number[]]>([
    [undefined, [0, 0, 2, 0, 0]],
    [{ limits: { memory: '200Mi' } }, [209_715_200, 209_715_200, 2, 0, 0]],
    [{ requests: { cpu: '100m' } }, [0, 0, 102, 0, 0]],
    [{ limits: { cpu: '1500m' } }, [0, 0, 1536, 100_000, 150_000]],
    [{ requests: { cpu: '1n' }, limits: { cpu: '1m' } }, [0, 0, 2, 100_000, 1000]],
    [{ requests: { cpu: '1k' } }, [0, 0, 262_144, 0, 0]],
  ])('%j', (resources, [Memory, MemorySwap, CpuShares, CpuPeriod, CpuQuota]) => {
    expect(resourcesOf(resources)).toEqual({ Memory, MemorySwap, CpuShares, CpuPeriod, CpuQuota });
  });
});

describe('the name and the tag of an image', () => {
  it.each([
    ['nginx', 'nginx', 'latest'],
    ['nginx:1.27', 'nginx', '1.27'],
    ['localhost:5000/a/b', 'localhost:5000/a/b', 'latest'],
    ['localhost:5000/a/b:c', 'localhost:5000/a/b', 'c'],
    ['a/b@sha256:0f', 'a/b', 'sha256:0f'],
    ['localhost:5000/b:c@sha256:0f', 'localhost:5000/b', 'sha256:0f'],
  ])('%s', (image, name, tag) => {
    expect(referenceOf(image)).toEqual({ name, tag });
  });
});

describe('how names are resolved', () => {
  const machine = () => 'nameserver 1.1.1.1\nsearch a b\noptions ndots:1 edns0\n';

  it('is left to the engine where the pod says nothing', () => {
    expect(resolvingOf({ dnsPolicy: 'ClusterFirst' }, machine)).toBeUndefined();
  });

  it('is as the machine does, with what the pod adds', () => {
    const dnsConfig = { nameservers: ['2.2.2.2'], searches: ['b', 'c'], options: [{ name: 'ndots', value: '5' }] };
    expect(resolvingOf({ dnsPolicy: 'Default', dnsConfig }, machine)).toEqual({
      Dns: ['1.1.1.1', '2.2.2.2'],
      DnsSearch: ['a', 'b', 'c'],
      DnsOptions: ['ndots:5', 'edns0'],
    });
  });

  it('is what the pod says, and no more, with the policy None', () => {
    expect(resolvingOf({ dnsPolicy: 'None', dnsConfig: { nameservers: ['2.2.2.2'] } }, machine)).toEqual({
      Dns: ['2.2.2.2'],
      DnsSearch: ['.'],
      DnsOptions: [],
    });
  });
});

describe('the lines of a log', () => {
  const frame = (stream: number, text: string): Buffer => {
    const head = Buffer.from([stream, 0, 0, 0, 0, 0, 0, 0]);
    head.writeUInt32BE(Buffer.byteLength(text), 4);
    return Buffer.concat([head, Buffer.from(text)]);
  };

  async function linesOf(chunks: Buffer[], hasTerminal = false): Promise<string[]> {
    const lines: string[] = [];
    for await (const { at, stream, text } of logLinesOf(Readable.from(chunks), hasTerminal)) {
      lines.push(`${at} ${stream} ${text}`);
    }
    return lines;
  }

  it('are put together from frames and parts, wherever these are cut', async () => {
    const bytes = Buffer.concat([
      frame(1, 'T1 a'),
      frame(2, 'T2 other\n'),
      frame(1, 'T1 b\n'),
      frame(1, 'T3 \n'),
      frame(1, 'T4 unended'),
    ]);
    const expected = ['T2 stderr other', 'T1 stdout ab', 'T3 stdout ', 'T4 stdout unended'];
    for (let size = 1; size <= bytes.length; size += 1) {
      const chunks = Array.from({ length: Math.ceil(bytes.length / size) }, (_, i) =>
        bytes.subarray(i * size, (i + 1) * size),
      );
      expect(await linesOf(chunks)).toEqual(expected);
    }
  });

  it('of a terminal are as they are', async () => {
    expect(await linesOf([Buffer.from('T1 a\r\nT2'), Buffer.from(' b\r\n')], true)).toEqual([
      'T1 stdout a\r',
      'T2 stdout b\r',
    ]);
  });
});
