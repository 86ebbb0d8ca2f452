import { notFound } from '@everynode/objects';
import type { FastifyInstance } from 'fastify';
import type { ApiContext } from '../api-context.js';
import { jsonAnswer } from '../http/answer.js';

const GROUP = 'apiextensions.k8s.io';
const PLURAL = 'customresourcedefinitions';
const PATH = `/apis/${GROUP}/v1/${PLURAL}`;

/**
 * Serves an empty list of custom resources. kubectl asks for their definitions before it checks the fields of any kind
 * that cannot be patched, for example a review, and fails without a list.
 */
export function addCustomResources(fastify: FastifyInstance, context: ApiContext): void {
  fastify.get(PATH, () => {
    const metadata = { resourceVersion: String(context.reflector.revision) };
    const list = { kind: 'CustomResourceDefinitionList', apiVersion: `${GROUP}/v1`, metadata, items: [] };
    return jsonAnswer(list);
  });
  fastify.get<{ Params: { name: string } }>(`${PATH}/:name`, (request) => {
    throw notFound({ group: GROUP, plural: PLURAL, name: request.params.name });
  });
}
