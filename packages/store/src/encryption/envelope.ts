import { statSync } from 'node:fs';
import type { ResourceName } from '@everynode/objects';
import { type EncryptionKey, readKeys } from './key-file.js';
import { keyIdOf, openText, sealText } from './sealed-text.js';

/** What is encrypted wherever it leaves the memory of a service. */
export const isSealed = (resource: ResourceName): boolean => resource === 'secrets';

interface Named {
  resource: ResourceName;
  namespace: string;
  name: string;
  uid: string;
}

/** Secrets cannot be encrypted or decrypted: a key is missing, wrong, or what is stored was changed. */
export class EncryptionError extends Error {
  override readonly name = 'EncryptionError';
  readonly retryable = true;
}

/**
 * Encrypts and decrypts the metadata and the content of Secrets: metadata may have what `kubectl apply` was last given.
 * Without a key file nothing is encrypted. The file is read again when it has changed.
 */
export class Envelope {
  readonly #path: string | undefined;
  #keys: EncryptionKey[] = [];
  #version = '';
  #trouble: string | undefined;

  constructor(path: string | undefined) {
    this.#path = path;
  }

  /** Why Secrets cannot be read or written; undefined while they can. */
  get trouble(): string | undefined {
    return this.#trouble;
  }

  /** Reads the key file, where there is one. @throws EncryptionError */
  load(): void {
    if (this.#path !== undefined) this.#current();
  }

  /** The parts as they are stored. Those of other resources are returned as they are. @throws EncryptionError. */
  seal<P extends { metadata?: string | undefined; desired?: string | undefined }>(of: Named, parts: P): P {
    if (this.#path === undefined || !isSealed(of.resource)) return parts;
    const [key] = this.#current();
    if (!key) return parts;
    const sealed = (part: 'metadata' | 'desired'): object =>
      parts[part] ? { [part]: sealText(parts[part], placeOf(of, part), key) } : {};
    return { ...parts, ...sealed('metadata'), ...sealed('desired') };
  }

  /** The parts as they were sealed. Those that are not sealed are returned as they are. @throws EncryptionError. */
  open<P extends { metadata?: string | undefined; desired?: string | undefined }>(of: Named, parts: P): P {
    if (!isSealed(of.resource)) return parts;
    const opened = (part: 'metadata' | 'desired'): object =>
      parts[part] ? { [part]: this.#open(of, part, parts[part]) } : {};
    return { ...parts, ...opened('metadata'), ...opened('desired') };
  }

  /** {@link open} for a record, a journal entry or a change. */
  openWhole<R extends Named & { metadata?: string | undefined; desired?: string | undefined }>(record: R): R {
    return isSealed(record.resource) ? this.open(record, record) : record;
  }

  /** Whether the text is encrypted as it should be now. */
  isCurrent(text: string): boolean {
    return this.#path === undefined || keyIdOf(text) === this.#current()[0]?.id;
  }

  #open(of: Named, part: 'metadata' | 'desired', text: string): string {
    const id = keyIdOf(text);
    if (id === undefined) return text;
    const key = this.#path === undefined ? undefined : this.#current().find((one) => one.id === id);
    if (!key)
      throw this.#fail(`Secrets are encrypted with the key ${id}, which ${this.#path ?? 'no key file'} has not`);
    let opened: string;
    try {
      opened = openText(text, placeOf(of, part), key);
    } catch {
      const { namespace, name } = of;
      throw this.#fail(
        `the Secret ${namespace}/${name} cannot be decrypted: the key ${id} is another one, or it was changed`,
      );
    }
    this.#trouble = undefined;
    return opened;
  }

  #current(): EncryptionKey[] {
    const path = this.#path ?? '';
    try {
      const { mtimeMs, ino, size } = statSync(path);
      const version = `${mtimeMs} ${ino} ${size}`;
      if (version !== this.#version) {
        this.#keys = readKeys(path);
        this.#version = version;
        this.#trouble = undefined;
      }
    } catch (error) {
      this.#version = '';
      throw this.#fail(`the encryption keys cannot be read: ${error instanceof Error ? error.message : String(error)}`);
    }
    return this.#keys;
  }

  #fail(message: string): EncryptionError {
    this.#trouble = message;
    return new EncryptionError(message);
  }
}

/** Names have no slash. */
const placeOf = ({ resource, namespace, name, uid }: Named, part: string): string =>
  [resource, namespace, name, uid, part].join('/');
