// Tests run on sources, which a thread of Node.js does not compile by itself.
import { register } from 'tsx/esm/api';

register();
await import('../src/body-worker.ts');
