export { CommitPublisher } from './commit-publisher.js';
export { askToResync, type Publishing, publishEntries } from './publish-entries.js';
