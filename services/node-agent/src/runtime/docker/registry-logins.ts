import type { ObjectContent } from '@everynode/kubelet';

/** How the engine is to log in at a registry. */
export interface RegistryLogin {
  username: string;
  password: string;
  serveraddress: string;
}

/** What users have written: it may be of any form. */
interface Entry {
  username?: unknown;
  password?: unknown;
  /** `username:password` in base64. */
  auth?: unknown;
}

const CONFIG = '.dockerconfigjson';
const OLD_CONFIG = '.dockercfg';
/** The registry of names without one. */
const DEFAULT_REGISTRY = 'docker.io';
const DEFAULT_KEY = 'index.docker.io';

/** The entries of a secret, by the registry that each is for; none of one that cannot be read. */
function entriesOf({ data }: ObjectContent): [string, Entry | null][] {
  const read = (key: string): unknown => {
    const value = data?.[key];
    if (value === undefined) return undefined;
    try {
      return JSON.parse(Buffer.from(value, 'base64').toString('utf8'));
    } catch {
      return undefined; // The pull says what becomes of it.
    }
  };
  const entries = (read(CONFIG) as { auths?: unknown } | undefined)?.auths ?? read(OLD_CONFIG);
  return Object.entries((entries ?? {}) as Record<string, Entry | null>);
}

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');

function loginOf(key: string, entry: Entry | null): RegistryLogin | undefined {
  const both = Buffer.from(textOf(entry?.auth), 'base64').toString('utf8');
  const [, user = '', secret = ''] = /^([^:]*):([\s\S]*)$/.exec(both) ?? [];
  const username = textOf(entry?.username) || user;
  return username === '' ? undefined : { username, password: textOf(entry?.password) || secret, serveraddress: key };
}

/** The registry and the path that an entry is for, without scheme and version of the API. */
function placeOf(key: string): { host: string; path: string } {
  const [host = '', ...parts] = key.replace(/^https?:\/\//, '').split('/');
  const path = parts
    .join('/')
    .replace(/^v[12](\/|$)/, '')
    .replace(/\/$/, '');
  return { host, path };
}

/** An image as a registry and a path. The first part of a name is a registry where it can be no part of a path. */
function placeOfImage(image: string): { host: string; path: string } {
  const name = image.replace(/@.*$/, '').replace(/:[^/:]*$/, '');
  const slash = name.indexOf('/');
  const first = name.slice(0, Math.max(0, slash));
  if (first === 'localhost' || /[.:]/.test(first)) return { host: first, path: name.slice(slash + 1) };
  return { host: DEFAULT_REGISTRY, path: slash < 0 ? `library/${name}` : name };
}

/** Whether a host is one that a pattern names, in which `*` stands for a part, or for some of its characters. */
function isHost(pattern: string, host: string): boolean {
  const parts = pattern.split('.');
  const own = host.split('.');
  return parts.length === own.length && parts.every((part, i) => fits(part, own[i] ?? ''));
}

/** Whether a text is that of a pattern, in which `*` stands for any characters. */
function fits(pattern: string, text: string): boolean {
  const [first = '', ...words] = pattern.split('*');
  const last = words.pop();
  if (last === undefined) return pattern === text;
  if (!text.startsWith(first)) return false;
  let at = first.length;
  for (const word of words) {
    const found = text.indexOf(word, at);
    if (found < 0) return false;
    at = found + word.length;
  }
  return text.length - last.length >= at && text.endsWith(last);
}

/**
 * The logins of these secrets that may pull an image, those for the longest part of its name first. Source:
 * pkg/credentialprovider/keyring.go.
 */
export function loginsFor(image: string, secrets: readonly ObjectContent[]): RegistryLogin[] {
  const { host, path } = placeOfImage(image);
  const isDefault = host === DEFAULT_REGISTRY;
  return secrets
    .flatMap(entriesOf)
    .map(([key, entry]) => ({ place: placeOf(key), login: loginOf(key, entry) }))
    .filter(({ place }) => isHost(place.host, host) || (isDefault && place.host === DEFAULT_KEY))
    .filter(({ place }) => place.path === '' || path === place.path || path.startsWith(`${place.path}/`))
    .sort((a, b) => b.place.path.length - a.place.path.length)
    .flatMap(({ login }) => login ?? []);
}
