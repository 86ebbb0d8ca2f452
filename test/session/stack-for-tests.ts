import { afterAll, beforeAll } from 'vitest';
import { GoClient } from './go-client.js';
import { startStack, type TestStack } from './stack.js';

/**
 * Starts a stack with so many nodes before the tests of a file, and a client for it. Both end after the tests. `begin`
 * gets them before the first test.
 */
export function stackForTests(nodes: number, begin: (stack: TestStack, client: GoClient) => void): void {
  let stack: TestStack | undefined;
  let client: GoClient | undefined;

  beforeAll(async () => {
    stack = await startStack(['--fresh', '--nodes', String(nodes), '--agents', '1']);
    client = await GoClient.for(stack.kubectl.kubeconfig);
    begin(stack, client);
  }, 180_000);

  afterAll(async () => {
    client?.close();
    await stack?.stop();
  }, 60_000);
}
