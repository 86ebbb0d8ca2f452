#!/usr/bin/env node
// Each command loads its own code when it runs: a `status` needs neither certificates nor a progress bar.
import tab from '@bomb.sh/tab/commander';
import { COMMANDS } from '@everynode/local-stack/installation';
import { Command, Option } from 'commander';
import type { JoinFlags } from './agent.js';
import { controllerList, parseLabels, parseList, parseSpan, parseTaints, wholeNumber } from './arguments.js';
import type { BusCredentialsFlags } from './bus-credentials.js';
import type { CertificatesFlags } from './certificates.js';
import { checkoutState } from './checkout.js';
import type { DoctorFlags } from './doctor.js';
import type { ExplainFlags } from './explain.js';
import type { KeysFlags } from './keys.js';
import type { MoveNodesFlags } from './move-nodes.js';
import type { AddNodesFlags } from './nodes.js';
import type { SimulateFlags } from './simulate.js';
import type { StartFlags } from './start.js';
import type { CreateTokenFlags } from './token.js';

async function control() {
  const { ControlClient } = await import('@everynode/local-stack/control');
  return new ControlClient(checkoutState().run);
}
const print = (line: string) => process.stdout.write(`${line}\n`);

const program = new Command('everynode')
  .description('A DaemonSet control plane that speaks the Kubernetes API, with simulated nodes, on this machine')
  .showHelpAfterError();

program
  .command('start')
  .description('start a cluster; without --nodes the demo cluster of three masters and three workers')
  .option('--nodes <count>', 'plain workers node-00001 and on, over three zones', wholeNumber(1, 1_000_000))
  .option('--agents <count>', 'agent processes that host the nodes (default: 2)', wholeNumber(1, 500))
  .option('--api-replicas <count>', 'processes that serve the API', wholeNumber(1, 50), 2)
  .option('--scheduler-replicas <count>', 'processes that run the controllers', wholeNumber(1, 50), 2)
  .option('--port <port>', 'port of the Kubernetes API on 127.0.0.1', wholeNumber(1, 65_535), 6443)
  .addOption(
    new Option(
      '--controllers <list>',
      'which run, in the syntax of kube-controller-manager: *,-daemonset (default: all)',
    )
      .env('EVERYNODE_CONTROLLERS')
      .argParser(controllerList),
  )
  .addOption(
    new Option(
      '--authorization-mode <mode>',
      'RBAC (default), or AlwaysAllow for simulations: every known client may do everything',
    )
      .env('EVERYNODE_AUTHORIZATION_MODE')
      .choices(['RBAC', 'AlwaysAllow']),
  )
  .option('--fresh', 'drop the state of earlier runs', false)
  .option('--detach', 'return when the cluster can be used, and leave it running', false)
  .action(async (flags: StartFlags) => {
    const { startCluster } = await import('./start.js');
    process.exitCode = await startCluster(flags);
  });

program
  .command('stop')
  .description('stop the cluster of this checkout; its state stays')
  .action(async () => {
    const { stopStack } = await import('./stop.js');
    print((await stopStack(checkoutState())) ? 'Everynode has stopped.' : 'Everynode was not running.');
  });

program
  .command('status')
  .description('show what runs, and where')
  .option('--json', 'for programs', false)
  .action(async ({ json }: { json: boolean }) => {
    const status = await (await control()).status();
    const { statusReport } = await import('./summary.js');
    print(json ? JSON.stringify(status, null, 2) : statusReport(status));
  });

program
  .command('doctor')
  .description('say what is wrong with the cluster, since when, what stands because of it, and what to do')
  .option('--kubeconfig <file>', 'a cluster that was not started here, as far as it can be seen from outside')
  .addOption(new Option('-o, --output <format>', 'json is for programs').choices(['text', 'json']).default('text'))
  .addHelpText('after', '\nIt changes nothing. The exit code is 0 when nothing fails, else 1.')
  .action(async (flags: DoctorFlags) => {
    const { examineCluster } = await import('./doctor.js');
    process.exitCode = await examineCluster(flags);
  });

program
  .command('explain')
  .description('show for each node why a DaemonSet runs there, or does not')
  .argument('[daemonset]', 'ds/NAME')
  .option('-n, --namespace <namespace>', 'its namespace', 'default')
  .option('-f, --filename <file>', 'a manifest that is not applied (- for standard input): what it would do')
  .option('--node <node>', 'only this node')
  .option('--json', 'for programs', false)
  .action(async (daemonSet: string | undefined, flags: ExplainFlags) => {
    const { explainDaemonSet } = await import('./explain.js');
    await explainDaemonSet(daemonSet, flags);
  });

program
  .command('simulate')
  .description('play a rollout in virtual time, without a cluster: a scenario, or a manifest on a dumped cluster')
  .argument('[scenario]', 'a file (docs/simulate.md)')
  .option('--from <dump>', 'kubectl get nodes,ds,controllerrevisions,pods,pdb,priorityclasses,ns -A -o yaml')
  .option('--live-cluster', 'in place of a dump: the cluster that runs here', false)
  .option('--apply <manifest>', 'with --from or --live-cluster: the DaemonSets to roll out')
  .option(
    '--seed <number>',
    'in place of the scenario’s: the same seed gives the same report',
    wholeNumber(0, 4_294_967_295),
  )
  .option('--compare <strategies...>', 'a table of strategies: maxUnavailable=1,10%,zone maxSurge=0,25%')
  .option('--report <file>', 'write a report in HTML')
  .option('--json', 'for programs', false)
  .addHelpText('after', '\nThe exit code is 1 when a step or a threshold does not hold, 2 for a bad scenario.')
  .action(async (scenario: string | undefined, flags: SimulateFlags) => {
    const { simulateScenario } = await import('./simulate.js');
    process.exitCode = await simulateScenario(scenario, flags);
  });

program
  .command('scrub')
  .description('take out of a dump what a simulation does not need: names of other pods, env, args, annotations')
  .argument('<dump>', 'a file (- for standard input)')
  .action(async (file: string) => {
    const { scrubDump } = await import('./scrub.js');
    await scrubDump(file);
  });

const KUBECONFIG: [flags: string, description: string] = [
  '--kubeconfig <file>',
  'a cluster that was not started here, as the user of its current context',
];

const nodes = program.command('nodes').description('change the fleet while it runs');
nodes
  .command('add')
  .description('add nodes, on a new agent process, and wait until they are Ready')
  .argument('[names...]', 'names of the nodes')
  .option('--count <count>', 'instead of names: this many workers with the next free names', wholeNumber(1, 1_000_000))
  .option('--labels <labels>', 'key=value,… in addition to the usual ones', parseLabels)
  .option('--taints <taints>', 'key=value:Effect,…', parseTaints)
  .action(async (names: string[], flags: AddNodesFlags) => {
    const { addNodes } = await import('./nodes.js');
    await addNodes(checkoutState(), names, flags);
  });

nodes
  .command('move')
  .description('have another agent host nodes: the former one ends their pods')
  .argument('<names...>', 'names of the nodes')
  .requiredOption('--to <agent>', 'the agent that is to host them')
  .option(...KUBECONFIG)
  .action(async (names: string[], flags: MoveNodesFlags) => {
    const { moveNodes } = await import('./move-nodes.js');
    await moveNodes(names, flags);
  });

const agents = program.command('agents').description('make machines fail and come back');
agents
  .command('stop')
  .description('kill an agent process, as when its machine loses power; its nodes turn NotReady')
  .argument('<agent>', 'such as agent-2; see: status')
  .action(async (agent: string) => {
    await (await control()).stopAgent(agent);
    print(`${agent} is dead. Bring it back: ${COMMANDS.run} agents start ${agent}`);
  });
agents
  .command('start')
  .description('start an agent process that was stopped')
  .argument('<agent>', 'such as agent-2; see: status')
  .action(async (agent: string) => {
    await (await control()).startAgent(agent);
    print(`${agent} is starting.`);
  });

const token = program.command('token').description('tokens with which nodes join');
token
  .command('create')
  .description('create a token, and show how to join with it')
  .option('--ttl <span>', 'how long it is valid: 30m, 24h, 2d; 0 for ever', parseSpan, 24 * 3_600_000)
  .option(
    '--nodes <names>',
    'the nodes that may join with it: names, or beginnings as in rack1-*; all without',
    parseList,
  )
  .option('--single-use', 'only one key may join with it', false)
  .option('--description <text>', 'for people', '')
  .option('--groups <groups>', 'groups of its user, each system:bootstrappers:…', parseList)
  .option(...KUBECONFIG)
  .action(async (flags: CreateTokenFlags) => {
    const { createToken } = await import('./token.js');
    await createToken(flags);
  });
token
  .command('list')
  .description('show the tokens, without their secret part')
  .option(...KUBECONFIG)
  .action(async (flags: { kubeconfig?: string }) => {
    const { listTokens } = await import('./token.js');
    await listTokens(flags);
  });
token
  .command('delete')
  .description('delete tokens: certificates of nodes that have joined stay valid')
  .argument('<tokens...>', 'whole tokens, or their first parts')
  .option(...KUBECONFIG)
  .action(async (tokens: string[], flags: { kubeconfig?: string }) => {
    const { deleteTokens } = await import('./token.js');
    await deleteTokens(tokens, flags);
  });

const agent = program.command('agent').description('this machine as a node of a cluster');
agent
  .command('join')
  .description('get an identity with a bootstrap token, and run a node with it until Ctrl-C; it is renewed in time')
  .requiredOption('--server <url>', 'address of the api')
  .requiredOption('--token <token>', 'see: token create')
  .requiredOption('--ca-hash <hash>', 'sha256:… of the public key of the cluster’s authority')
  .option('--name <name>', 'name of the agent, and of its node (default: the host name)')
  .option('--nodes <names>', 'nodes that it hosts in place of that one: names, or beginnings as in node-*', parseList)
  .option('--nodes-file <file>', 'what these nodes are, where they are more than names (docs/simulation.md)')
  .option('--directory <directory>', 'where the identity is kept (default: in the state directory)')
  .option(
    '--runtime <kind>',
    'what its pods are: simulated, process: processes of this machine, or docker: containers of its engine',
    'simulated',
  )
  .option('--label <labels>', 'labels of its node at its first registration: key=value, with commas', parseLabels)
  .option(
    '--taint <taints>',
    'taints of its node at its first registration: key=value:Effect, with commas',
    parseTaints,
  )
  .option(
    '--startup-taint <taints>',
    'taints that it loses once the required daemons are ready (docs/nodes.md): key=value:Effect, with commas',
    parseTaints,
  )
  .option('--state <folder>', 'with real pods: where what is kept of them is (default: /var/lib/everynode)')
  .option('--image <images>', 'with --runtime process: names of images and their programs: NAME=/path, with commas')
  .option('--host-root <folders>', 'with real pods: what they may mount, with commas (default: /var)')
  .option(
    '--eviction-hard <thresholds>',
    'with real pods: below what is left of the machine they are evicted, SIGNAL<AMOUNT with commas (docs/agents.md)',
  )
  .option('--drain', 'with real pods: SIGTERM ends them first, as before the machine shuts down', false)
  .option('--lifetime <span>', 'how long the certificate is to be valid', parseSpan, 24 * 3_600_000)
  .option('--identity-only', 'run no node: for kubelets and other programs', false)
  .option('--renew', 'with --identity-only: stay, and renew it when two thirds of its life are over', false)
  .action(async (flags: JoinFlags) => {
    const { joinAsAgent } = await import('./agent.js');
    process.exitCode = await joinAsAgent(flags);
  });

// What an agent that runs asks for: see identity-keeper.ts.
const identity = agent.command('identity', { hidden: true }).description('keep the identity of an agent');
identity
  .command('renew')
  .description('renew it now; the exit code is 77 when it has ended')
  .requiredOption('--directory <directory>', 'where it is kept')
  .requiredOption('--lifetime <span>', 'how long the certificate is to be valid', parseSpan)
  .action(async (flags: { directory: string; lifetime: number }) => {
    const { renewNow } = await import('./hold-identity.js');
    process.exitCode = await renewNow(flags.directory, Math.floor(flags.lifetime / 1000));
  });
identity
  .command('check')
  .description('look whether it is good still; the exit code is 77 when it has ended')
  .requiredOption('--directory <directory>', 'where it is kept')
  .action(async (flags: { directory: string }) => {
    const { checkNow } = await import('./hold-identity.js');
    process.exitCode = await checkNow(flags.directory);
  });

agent
  .command('drain')
  .description('on the machine of an agent of real pods: end its pods, as before it shuts down; it takes no more')
  .option('--state <folder>', 'that of the agent', '/var/lib/everynode')
  .action(async ({ state }: { state: string }) => {
    const { drainAgent } = await import('./drain-agent.js');
    process.exitCode = await drainAgent(state);
  });

agent
  .command('revoke')
  .description('end every credential of an agent, whatever it hosts; its nodes stay')
  .argument('<agent>', 'its name; kubectl get node NODE -o yaml shows it as everynode.io/agent')
  .option(...KUBECONFIG)
  .action(async (name: string, flags: { kubeconfig?: string }) => {
    const { revokeAgent } = await import('./revoke-agent.js');
    await revokeAgent(name, flags);
  });

program
  .command('certificates')
  .description('make a CA, the certificates of the api and of an administrator, and a kubeconfig')
  .argument('<directory>', 'where they are kept')
  .requiredOption('--server <url>', 'address of the api, for the kubeconfig')
  .requiredOption('--kubeconfig <file>', 'kubeconfig to write')
  .action(async (directory: string, flags: CertificatesFlags) => {
    const { makeCertificates } = await import('./certificates.js');
    await makeCertificates(directory, flags);
  });

program
  .command('bus-credentials')
  .description('issue the credentials of a bus in containers, and go on issuing those that agents ask for')
  .argument('<directory>', 'where requests, credentials and the configuration of the NATS server are kept')
  .requiredOption('--pki <directory>', 'what `certificates` has made')
  .requiredOption('--url <url>', 'address of the NATS server')
  .action(async (directory: string, flags: BusCredentialsFlags) => {
    const { issueBusCredentials } = await import('./bus-credentials.js');
    await issueBusCredentials(directory, flags);
  });

const KEY_FILE: [flags: string, description: string] = [
  '--file <file>',
  'the key file (default: that of this checkout)',
];

const keys = program.command('keys').description('keys that Secrets are encrypted with where they are stored');
keys
  .command('create')
  .description('make the key file with a first key, unless there is one')
  .option(...KEY_FILE)
  .action(async (flags: KeysFlags) => {
    const { createKeys } = await import('./keys.js');
    await createKeys(flags);
  });
keys
  .command('apply')
  .description('encrypt all Secrets with the first key of the file, which stays as it is')
  .option(...KEY_FILE)
  .action(async (flags: KeysFlags) => {
    const { applyKeys } = await import('./keys.js');
    await applyKeys(flags);
  });
keys
  .command('list')
  .description('show the keys, without their secret part')
  .option(...KEY_FILE)
  .action(async (flags: KeysFlags) => {
    const { listKeys } = await import('./keys.js');
    listKeys(flags);
  });
keys
  .command('rotate')
  .description('encrypt all Secrets with a new key, those in clear text too, and drop the other keys')
  .option(...KEY_FILE)
  .action(async (flags: KeysFlags) => {
    const { rotateKeys } = await import('./keys.js');
    await rotateKeys(flags);
  });

program
  .command('database')
  .description('work on a database that was not started here')
  .command('prepare')
  .description('make the tables, or bring them up to date, and the role of the services, which may change rows only')
  .addHelpText(
    'after',
    '\nDATABASE_URL: as which role the services connect. EVERYNODE_DATABASE_ADMINISTRATOR_URL: who may make it.',
  )
  .action(async () => {
    const { prepareFromEnvironment } = await import('./database.js');
    await prepareFromEnvironment(process.env);
    print('The database is ready for services.');
  });

program.command('supervise', { hidden: true }).action(async () => {
  const { superviseRequest } = await import('./launch.js');
  process.exitCode = await superviseRequest();
});

// `completion SHELL` writes the script, which calls `complete -- WORDS`.
tab(program, { completionCommandName: 'completion' });

try {
  await program.parseAsync();
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
// Open handles of a cluster that has stopped, or that goes on without this process, must not keep it running.
process.exit();
