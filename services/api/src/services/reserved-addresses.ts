import { randomUUID } from 'node:crypto';
import {
  decodeObject,
  type KubeObject,
  resourceByStorage,
  type Service,
  type Stored,
  timestamp,
} from '@everynode/objects';
import type { ApiContext } from '../api-context.js';
import { commit } from '../write/commit.js';
import { decisionFor } from '../write/decision.js';
import { objectOf, toStored } from '../write/stored-object.js';

export const ADDRESSES = 'ipaddresses.networking.k8s.io';

/** Source: pkg/registry/core/service/ipallocator, newIPAddress. */
const MANAGED_BY = { 'ipaddress.kubernetes.io/managed-by': 'ipallocator' };

/** How long an address without a service is left to a replica that may be creating the service, in ms. */
export const CREATING_MS = 60_000;

interface ParentRef {
  namespace?: string;
  name?: string;
}

export const parentOf = (object: KubeObject): ParentRef =>
  (object.spec as { parentRef?: ParentRef } | undefined)?.parentRef ?? {};

/**
 * Takes an address for a service: creates the IPAddress of that name, which only one writer can. Returns false where
 * another service has it. An address of a service that is gone is taken over.
 */
export async function reserveAddress(context: ApiContext, address: string, service: Stored<Service>): Promise<boolean> {
  const { namespace, name } = service.metadata;
  const definition = resourceByStorage(ADDRESSES);
  const target = { definition, namespace: '', name: address };
  const value = {
    metadata: {
      name: address,
      uid: randomUUID(),
      creationTimestamp: timestamp(Date.now()),
      labels: { ...MANAGED_BY, 'ipaddress.kubernetes.io/ip-family': 'IPv4' },
    },
    spec: { parentRef: { resource: 'services', namespace, name } },
  };
  const { object } = decodeObject({ value }, definition);
  const { parts, placement, deleting } = toStored(definition, object);
  let taken = false;
  await commit(context, {
    target,
    dryRun: false,
    decide: (current) => {
      taken = current !== undefined && !isFree(context, objectOf(target, current), service);
      if (taken) return { kind: 'keep' };
      if (!current) return { kind: 'create', uid: value.metadata.uid, parts, placement, deleting };
      const renewed = objectOf(target, current);
      const isOwn = parentOf(renewed).namespace === namespace && parentOf(renewed).name === name;
      if (isOwn && !isOld(renewed)) return { kind: 'keep' };
      // An address that is as old as that of a service that is gone would be given back, or taken by others, at once.
      renewed.metadata.creationTimestamp = value.metadata.creationTimestamp;
      renewed.spec = object.spec;
      return decisionFor(target, renewed, current);
    },
  });
  return !taken;
}

function isFree({ reflector }: ApiContext, reserved: KubeObject, { metadata }: Stored<Service>): boolean {
  const { namespace = '', name = '' } = parentOf(reserved);
  if (namespace === metadata.namespace && name === metadata.name) return true;
  if (reflector.cache('services').get(namespace, name)) return false;
  return isOld(reserved);
}

const isOld = ({ metadata }: KubeObject): boolean =>
  Date.parse(metadata.creationTimestamp ?? '') < Date.now() - CREATING_MS;

/** Gives an address back, unless it belongs to another service by now. */
export async function releaseAddress(context: ApiContext, address: string, parent: ParentRef): Promise<void> {
  const target = { definition: resourceByStorage(ADDRESSES), namespace: '', name: address };
  await commit(context, {
    target,
    dryRun: false,
    decide: (current) => {
      if (!current) return { kind: 'keep' };
      const { namespace, name } = parentOf(objectOf(target, current));
      return namespace === parent.namespace && name === parent.name ? { kind: 'delete' } : { kind: 'keep' };
    },
  });
}
