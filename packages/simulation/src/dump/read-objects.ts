import { isJsonObject, type KubeObject } from '@everynode/objects';
import { type Document, parseAllDocuments } from 'yaml';

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
  // JSON is read by the parser that is made for it: a dump may have hundreds of megabytes.
  const json = text.trimStart().startsWith('{') ? jsonOf(text) : undefined;
  if (json !== undefined) return objectsIn(json, `${file}, document 1`);
  const documents = parseAllDocuments(text);
  if (!Array.isArray(documents)) return [];
  return documents.flatMap((document, at) => {
    const [fault] = document.errors;
    if (fault) throw new ObjectsError(`${file}: ${fault.message.split('\n')[0]}`);
    const content = contentOf(document, file);
    return content === null ? [] : objectsIn(content, `${file}, document ${at + 1}`);
  });
}

/** Undefined for a text that only begins like JSON: YAML may do that. */
function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function contentOf(document: Document, file: string): unknown {
  try {
    // A dump may share parts of objects by many aliases.
    return document.toJS({ maxAliasCount: -1 });
  } catch (error) {
    if (!(error instanceof ReferenceError)) throw error;
    throw new ObjectsError(`${file}: ${error.message}`);
  }
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
