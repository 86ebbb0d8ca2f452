import type { SubresourceAction } from '@everynode/objects';
import type { ApiContext } from '../api-context.js';
import type { ResourceRequest } from '../dispatch/resource-request.js';
import type { Answer } from '../http/answer.js';
import { writePlainObject } from '../present/plain-object.js';
import { forwardPorts } from '../streams/forward-ports.js';
import { readLog } from '../streams/read-log.js';
import { runCommand } from '../streams/run-command.js';
import { bindPod } from './binding.js';
import { evictPod } from './eviction.js';
import { requestToken, TOKEN_REQUEST } from './token-request.js';

/**
 * What subresources do that write no part of their object. A stream writes its response by itself, and has no answer.
 */
export const ACTIONS: Readonly<
  Record<SubresourceAction, (context: ApiContext, request: ResourceRequest) => Promise<Answer | undefined>>
> = {
  'bind-pod': async (context, request) => {
    await bindPod(context, request);
    return created(request);
  },
  'evict-pod': async (context, request) => {
    await evictPod(context, request);
    return created(request);
  },
  'forward-ports': forwardPorts,
  'read-log': readLog,
  'run-command': runCommand,
  'request-token': async (context, request) => {
    const { token, warnings } = await requestToken(context, request);
    return { status: 201, ...writePlainObject(token, TOKEN_REQUEST.schema, request.accept), warnings };
  },
};

function created({ presenter }: ResourceRequest): Answer {
  const status = { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', code: 201 };
  return { status: 201, payload: presenter.status(status), contentType: presenter.contentType };
}
