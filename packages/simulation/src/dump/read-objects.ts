import { isJsonObject, type KubeObject } from '@everynode/objects';
import { parseAllDocuments } from 'yaml';

/** A file of objects that cannot be read. */
export class ObjectsError extends Error {
  override readonly name = 'ObjectsError';
  readonly retryable = false;
}

/**
 * The objects of a YAML or JSON file, with the items of lists in their place. `file` is its name, for messages.
 * @throws ObjectsError for a text that is no YAML, and for a document that is no object of Kubernetes.
 */
export function readObjects(text: string, file: string): KubeObject[] {
  const documents = parseAllDocuments(text);
  if (!Array.isArray(documents)) return [];
  return documents.flatMap((document, at) => {
    const [fault] = document.errors;
    if (fault) throw new ObjectsError(`${file}: ${fault.message.split('\n')[0]}`);
    // A dump may share parts of objects by many aliases.
    const content: unknown = document.toJS({ maxAliasCount: -1 });
    return content === null ? [] : objectsIn(content, `${file}, document ${at + 1}`);
  });
}

/**
 * The objects of a parsed document: itself, or the items of a list, which need not say their kind again. `where` is for
 * messages. @throws ObjectsError for what is no object of Kubernetes.
 */
export function objectsIn(content: unknown, where: string): KubeObject[] {
  if (!isJsonObject(content) || typeof content.kind !== 'string' || typeof content.apiVersion !== 'string') {
    throw new ObjectsError(`${where}: it has no apiVersion or no kind`);
  }
  if (content.kind.endsWith('List') && Array.isArray(content.items)) {
    const { apiVersion, kind, items } = content;
    const own = kind === 'List' ? {} : { apiVersion, kind: kind.slice(0, -'List'.length) };
    return items.flatMap((item, at) =>
      objectsIn(isJsonObject(item) ? { ...own, ...item } : item, `${where}, item ${at + 1}`),
    );
  }
  if (!isJsonObject(content.metadata) || typeof content.metadata.name !== 'string') {
    throw new ObjectsError(`${where}: ${content.kind} has no name`);
  }
  return [content as KubeObject];
}
