import { readFileSync } from 'node:fs';
import type { AssignedPod } from '@everynode/kubelet';
import type { Engine } from './engine.js';
import type { EngineContainer } from './engine-objects.js';
import { engineName, SANDBOX } from './labels.js';
import type { PauseImage } from './pause-image.js';
import { sandboxBody } from './sandbox-body.js';

const RESOLV_CONF = '/etc/resolv.conf';

/** The address of a sandbox; undefined for one in the network of the machine. */
export function addressOf({ NetworkSettings }: EngineContainer): string | undefined {
  const networks = Object.values(NetworkSettings.Networks ?? {});
  return networks.map(({ IPAddress }) => IPAddress).find((address) => address !== '');
}

/** Makes the containers that hold the networks of pods. */
export class Sandboxes {
  readonly #engine: Engine;
  readonly #image: PauseImage;

  readonly #leastOomScore: number;

  constructor(engine: Engine, image: PauseImage, leastOomScore: number) {
    this.#engine = engine;
    this.#image = image;
    this.#leastOomScore = leastOomScore;
  }

  /**
   * Makes the sandbox of a pod, or finds the one that an earlier try has made. Returns its id, and its address.
   * @throws EngineError
   */
  async make(pod: AssignedPod): Promise<{ id: string; ip: string | undefined }> {
    const name = engineName(pod, SANDBOX, 0);
    const found = await this.#engine.find(name);
    if (found?.State.Running) return { id: found.Id, ip: addressOf(found) };
    if (found) await this.#engine.remove(found.Id);
    const image = await this.#image.ensure();
    const machineResolvConf = () => readFileSync(RESOLV_CONF, 'utf8');
    const body = sandboxBody(pod, { image, leastOomScore: this.#leastOomScore, machineResolvConf });
    const id = await this.#engine.create(name, body);
    try {
      await this.#engine.start(id);
    } catch (error) {
      await this.#engine.remove(id);
      throw error;
    }
    return { id, ip: addressOf(await this.#engine.inspect(id)) };
  }
}
