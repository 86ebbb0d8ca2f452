import type { Kind } from '../usage/process-tree.js';

export const KIND_COLOURS: Readonly<Record<Kind, string>> = {
  api: '#2f6fde',
  scheduler: '#c2489b',
  postgres: '#2c8f5c',
  nats: '#d98e04',
  'node-agent': '#8a94a6',
};
