import { readFileSync } from 'node:fs';
import type { AssignedPod, ContainerRun } from '@everynode/kubelet';
import { describe, expect, it } from 'vitest';
import { scriptPod } from '../../fixtures/test-machine.js';
import { DOCKER_REFUSED_FIELDS, dockerContainerRefusal, dockerRefusal } from './docker/docker-refusal.js';
import { refusedText } from './field-refusal.js';
import {
  PRIVILEGED_FIELDS,
  PROCESS_REFUSED_FIELDS,
  processContainerRefusal,
  processRefusal,
} from './process/process-refusal.js';

interface FieldType {
  ref?: string;
  arrayOf?: { ref?: string };
}

const TYPES = JSON.parse(
  readFileSync(new URL('../../../../packages/objects/src/schema/types.json', import.meta.url), 'utf8'),
) as Record<string, { fields?: Record<string, FieldType> }>;

const page = readFileSync(new URL('../../../../docs/agents.md', import.meta.url), 'utf8');

/** What the page says of each field, for processes and for an engine. */
const rows = new Map(
  [...page.matchAll(/^\| `((?:spec|metadata)[^`]*)` *\| ([^|]*?) *\| ([^|]*?) *\|/gm)].map(
    ([, path = '', process = '', docker = '']) => [path, { process, docker }],
  ),
);

/** What holds for containers holds for all kinds of them. */
const ofContainer = (path: string): string =>
  path.replace(/^spec\.(init|ephemeral)?[cC]ontainers\[\]/, 'spec.containers[]');

const isCovered = (path: string): boolean =>
  [path, ofContainer(path)].some((one) =>
    [...rows.keys()].some((row) => one === row || one.startsWith(`${row}.`) || one.startsWith(`${row}[]`)),
  );

/** The fields of a type that no row of the page covers, looking into those that have rows below them. */
function uncovered(type: string, path: string): string[] {
  return Object.entries(TYPES[type]?.fields ?? {}).flatMap(([name, { ref, arrayOf }]) => {
    const at = `${path}.${name}${arrayOf ? '[]' : ''}`;
    if (isCovered(`${path}.${name}`) || isCovered(at)) return [];
    const below = ref ?? arrayOf?.ref;
    const hasRows = [...rows.keys()].some((row) => row.startsWith(`${at}.`) || row.startsWith(`${ofContainer(at)}.`));
    return below && (hasRows || /[cC]ontainers\[\]$/.test(at)) ? uncovered(below, at) : [at];
  });
}

/** A pod with a value at a path. */
function podWith(path: string, value: unknown): AssignedPod {
  const pod = structuredClone(scriptPod('true')) as unknown as Record<string, unknown>;
  let object = pod;
  const parts = path.split('.');
  for (const [i, part] of parts.entries()) {
    const name = part.replace('[]', '');
    const isLast = i === parts.length - 1;
    if (part.endsWith('[]')) {
      object[name] ??= [{}];
      const list = object[name] as unknown[];
      object = list[0] as Record<string, unknown>;
      if (isLast) list[0] = value;
    } else if (isLast) object[name] = value;
    else {
      object[name] ??= {};
      object = object[name] as Record<string, unknown>;
    }
  }
  return pod as unknown as AssignedPod;
}

/** A value that asks for something. */
const askingValue = ({ asks = () => true }: (typeof PROCESS_REFUSED_FIELDS)[number]): unknown =>
  [{ name: 'x' }, true, false, 'None', 'Localhost', 'Enabled', 'Bidirectional'].find(asks);

const may = { isPrivileged: true };

describe('the table of docs/agents.md', () => {
  it('has a row for every field of a pod', () => {
    expect(uncovered('io.k8s.api.core.v1.PodSpec', 'spec')).toEqual([]);
  });

  it.each([
    ['process', PROCESS_REFUSED_FIELDS],
    ['docker', DOCKER_REFUSED_FIELDS],
  ] as const)('says of every field that the %s runtime refuses that it is, and of no other', (runtime, fields) => {
    const inCode = new Set(fields.map(({ path }) => ofContainer(path).replace(/\.type$|\[\]$/, '')));
    const inPage = [...rows]
      .filter(([, words]) => words[runtime].startsWith('refused'))
      .map(([path]) => ofContainer(path));
    expect(inPage.sort()).toEqual([...inCode].sort());
  });
});

const isEphemeral = ({ path }: { path: string }): boolean => path.startsWith('spec.ephemeralContainers[]');
const ofPods = <Field extends { path: string }>(fields: readonly Field[]) =>
  fields.filter((field) => !isEphemeral(field)).map((field) => [field.path, field] as const);
const ofEphemeral = <Field extends { path: string }>(fields: readonly Field[]) =>
  fields.filter(isEphemeral).map((field) => [field.path, field] as const);

/** The ephemeral container of a pod with a value at a path. */
const ephemeralWith = (path: string, value: unknown) => {
  const { ephemeralContainers: [spec] = [] } = podWith(path, value).spec;
  return { kind: 'ephemeral', spec } as unknown as ContainerRun;
};

describe('an ephemeral container', () => {
  it.each(ofEphemeral(PROCESS_REFUSED_FIELDS))(
    'of processes is refused with %s, and its pod goes on',
    (path, field) => {
      const refusal = { fault: refusedText('process', path), reason: 'CreateContainerConfigError' };
      expect(processContainerRefusal(ephemeralWith(path, askingValue(field)), may)).toEqual(refusal);
      expect(processRefusal(podWith(path, askingValue(field)), may)).toBeUndefined();
    },
  );

  it.each(ofEphemeral(DOCKER_REFUSED_FIELDS))('of an engine is refused with %s, and its pod goes on', (path, field) => {
    expect(dockerContainerRefusal(ephemeralWith(path, askingValue(field)))?.fault).toBe(refusedText('docker', path));
    expect(dockerRefusal(podWith(path, askingValue(field)))).toBeUndefined();
  });

  it.each(ofEphemeral(PRIVILEGED_FIELDS))('is refused with %s where the agent is not root', (path) => {
    const container = ephemeralWith(path, path.endsWith('[]') ? { name: 'v', mountPath: '/v' } : 1000);
    expect(processContainerRefusal(container, may)).toBeUndefined();
    expect(processContainerRefusal(container, { isPrivileged: false })?.fault).toBe(refusedText('process', path));
  });

  it('is looked at by itself, and other containers by their pod', () => {
    expect(processContainerRefusal(ephemeralWith('spec.ephemeralContainers[].name', 'x'), may)).toBeUndefined();
    const main = { ...ephemeralWith('spec.ephemeralContainers[].stdin', true), kind: 'main' } as const;
    expect(processContainerRefusal(main, may)).toBeUndefined();
  });
});

describe('a pod of processes', () => {
  it.each(ofPods(PROCESS_REFUSED_FIELDS))('is refused with %s', (path, field) => {
    expect(processRefusal(podWith(path, askingValue(field)), may)).toEqual({
      reason: 'FieldNotSupported',
      message: refusedText('process', path),
    });
  });

  it.each(ofPods(PRIVILEGED_FIELDS))('is refused with %s where the agent is not root', (path) => {
    const pod = podWith(path, path.endsWith('[]') ? { name: 'v', mountPath: '/v' } : 1000);
    expect(processRefusal(pod, may)).toBeUndefined();
    expect(processRefusal(pod, { isPrivileged: false })?.message).toBe(
      `${refusedText('process', path)} where the agent is not root`,
    );
  });

  it('is not refused for the defaults that the api gives it', () => {
    const pod = podWith('spec.dnsPolicy', 'ClusterFirst');
    Object.assign(pod.spec, { hostNetwork: false, shareProcessNamespace: false, securityContext: {}, hostAliases: [] });
    expect(processRefusal(pod, may)).toBeUndefined();
  });
});

describe('a pod of an engine', () => {
  it.each(ofPods(DOCKER_REFUSED_FIELDS))('is refused with %s', (path, field) => {
    expect(dockerRefusal(podWith(path, askingValue(field)))?.message).toBe(refusedText('docker', path));
  });
});
