// The first thing that runs on a fresh clone: plain Node, nothing installed yet.
//   node scripts/bootstrap.mjs start|stop [flags]    the command line's command of that name
//   node scripts/bootstrap.mjs run <command> [args]  any command of the command line
//   node scripts/bootstrap.mjs bench [flags]         measures a control plane; see docs/performance.md
//   node scripts/bootstrap.mjs transcripts [flags]   compares answers with recorded ones; see docs/transcripts.md
//   node scripts/bootstrap.mjs test:faults [flags]   breaks a cluster and checks it; see docs/faults.md
//   node scripts/bootstrap.mjs test [args]           all tests; ends with the line "N passed, N failed"
// Each of them first installs and builds what is missing or out of date.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { isBuilt } from './fingerprint.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const inRoot = (...path) => join(root, ...path);
const cli = inRoot('packages', 'cli', 'dist', 'main.js');

const [least, leastMinor] = [20, 19];
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
if (major < least || (major === least && minor < leastMinor)) {
  process.stderr.write(`Everynode needs Node ${least}.${leastMinor} or later; this is ${process.versions.node}.\n`);
  process.exit(1);
}

/** Milliseconds of the last change; 0 when there is no such file. */
const changed = (path) =>
  stat(path).then(
    ({ mtimeMs }) => mtimeMs,
    () => 0,
  );

/** Runs npm without its output, which is shown when npm fails. */
function npm(title, args) {
  const tty = process.stderr.isTTY;
  const began = Date.now();
  const seconds = () => `${Math.round((Date.now() - began) / 1000)} s`;
  process.stderr.write(tty ? `${title} …` : `${title} …\n`);
  const ticking = tty ? setInterval(() => process.stderr.write(`\r${title} … ${seconds()}`), 1000) : undefined;
  // npm sets this for its children; without npm as a parent, the PATH has it.
  const script = process.env.npm_execpath?.endsWith('.js') ? process.env.npm_execpath : undefined;
  const [command, first] = script ? [process.execPath, [script]] : ['npm', []];
  return new Promise((resolve, reject) => {
    const child = spawn(command, [...first, ...args], { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    child.stdout.on('data', (bytes) => (output += bytes));
    child.stderr.on('data', (bytes) => (output += bytes));
    child.once('error', reject);
    child.once('close', (code) => {
      clearInterval(ticking);
      process.stderr.write(tty ? `\r${title} … ${code === 0 ? `done in ${seconds()}` : 'failed'}\n` : '');
      if (code === 0) resolve();
      else reject(new Error(`${output.trim()}\n\nnpm ${args.join(' ')} failed (exit code ${code})`));
    });
  });
}

/** Installs, unless the lock file is the one that was installed from, or npm has run on it since. */
async function install() {
  const lock = createHash('sha256')
    .update(await readFile(inRoot('package-lock.json')))
    .digest('hex');
  const stamp = inRoot('node_modules', '.everynode-lock');
  if ((await readFile(stamp, 'utf8').catch(() => '')) === lock) return;
  const byHand = await changed(inRoot('node_modules', '.package-lock.json'));
  // npm writes its own copy a moment before it writes the lock file.
  const current = byHand > 0 && byHand + 5000 >= (await changed(inRoot('package-lock.json')));
  if (!current) {
    const flags = ['--include=dev', '--no-audit', '--no-fund', '--loglevel=error'];
    await npm('Installing dependencies', ['ci', ...flags]).catch((error) => {
      // npm ci refuses a lock file that leaves out packages of other platforms; npm install uses what the file has.
      if (!error.message.includes('EUSAGE')) throw error;
      return npm('Installing dependencies, second try', ['install', '--no-save', ...flags]);
    });
  }
  await writeFile(stamp, lock);
}

/**
 * When npm is killed with SIGKILL it cannot pass a signal on: this process notices that its parent has changed, and
 * stops.
 */
function endWithNpm() {
  if (process.env.npm_lifecycle_event === undefined) return;
  const parent = process.ppid;
  setInterval(() => {
    if (process.ppid !== parent) process.kill(process.pid, 'SIGTERM');
  }, 1000).unref();
}

/** Runs vitest. The last line counts the tests that passed and failed, in a form that a machine can read. */
async function test(args) {
  const folder = await mkdtemp(join(tmpdir(), 'everynode-test-'));
  const report = join(folder, 'report.json');
  const vitest = inRoot('node_modules', 'vitest', 'vitest.mjs');
  const flags = ['run', '--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
  const child = spawn(process.execPath, [vitest, ...flags, ...args], { cwd: root, stdio: 'inherit' });
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal));
  const code = await new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (status) => resolve(status ?? 1));
  });
  const {
    numPassedTests = 0,
    numFailedTests = 0,
    testResults = [],
  } = JSON.parse(await readFile(report, 'utf8').catch(() => '{}'));
  await rm(folder, { recursive: true });
  // A file that does not load has no tests to fail, and an error outside a test fails only the run.
  const unloadable = testResults.filter(
    (file) => file.status === 'failed' && file.assertionResults.length === 0,
  ).length;
  const failed = numFailedTests + unloadable || (code === 0 ? 0 : 1);
  process.stdout.write(`${numPassedTests} passed, ${failed} failed\n`);
  process.exit(failed === 0 ? code : 1);
}

/** Commands that are programs of a package. */
const PROGRAMS = { bench: 'bench', transcripts: 'transcripts', 'test:faults': 'fault-harness' };

const [command = 'start', ...args] = process.argv.slice(2);
try {
  await install();
  if (!isBuilt(root)) await npm('Building', ['run', 'build', '--silent']);
} catch (error) {
  process.stderr.write(`\n${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
}
if (command === 'test') {
  await test(args);
} else if (command === 'vectors') {
  process.exitCode = await (await import('./vectors.mjs')).runVectors(args);
} else if (command in PROGRAMS) {
  const main = inRoot('packages', PROGRAMS[command], 'dist', 'main.js');
  process.argv = [process.execPath, main, ...args];
  await import(pathToFileURL(main).href);
} else {
  endWithNpm();
  process.argv = [process.execPath, cli, ...(command === 'run' ? args : [command, ...args])];
  await import(pathToFileURL(cli).href);
}
