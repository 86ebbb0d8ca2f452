import { AGENT_ANNOTATION, AGENTS_GROUP } from '@everynode/objects';
import type { PluginFor } from './plugin.js';

/**
 * To say which agent hosts a node is to hand it the node's pods with all that they mount. So it takes more than to
 * write nodes: `create` on `agents/nodes` of that agent, or of the one that loses the node. Beyond upstream
 * (docs/decisions/0040).
 */
export const nodeHosting: PluginFor<'nodes'> = {
  resources: ['nodes'],
  operations: ['create', 'update'],

  admit({ context: { identity: user, authorization }, object, before }) {
    const [agent, former] = [object, before].map((node) => node?.metadata.annotations?.[AGENT_ANNOTATION]);
    if (!user || agent === former) return;
    authorization.require({
      kind: 'resource',
      user,
      verb: 'create',
      group: AGENTS_GROUP,
      resource: 'agents',
      subresource: 'nodes',
      namespace: '',
      name: agent ?? former ?? '',
    });
  },
};
