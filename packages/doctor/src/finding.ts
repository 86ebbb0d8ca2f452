/** `failure`: something does not work now. `warning`: it works, and a person should know. */
type Severity = 'failure' | 'warning';

export interface Finding {
  severity: Severity;
  /** What it is about: a server, a process, the api, nodes. */
  subject: string;
  /** What is wrong, to follow on the subject. */
  problem: string;
  /** Since when, as an RFC 3339 time; null when that is not known. */
  since: string | null;
  /** What stands still because of it. */
  consequence: string;
  /** What to do; that nothing is to be done is said, too. */
  advice: string;
}
