export interface WatchEvent {
  type: string;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into objects of every kind
  object: any;
}
