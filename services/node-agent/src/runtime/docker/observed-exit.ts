import type { ObservedExit } from '@everynode/kubelet';
import type { Container } from '@everynode/objects';
import { LOG_TAIL } from '../../state/termination-message.js';
import { endOfRun } from '../run-end.js';
import type { Engine } from './engine.js';
import type { EngineContainer } from './engine-objects.js';
import { framesOf } from './engine-stream.js';

const START_ERROR = 128;

/** A container that was created, and that the engine could not start. */
const isUnstartable = ({ Status, Error: fault }: EngineContainer['State']): boolean =>
  Status === 'created' && fault !== '';

/** Whether it was created and no start of it was tried, or none has come to its end. */
export const isUnbegun = ({ State }: EngineContainer): boolean => State.Status === 'created' && State.Error === '';

interface Run {
  /** The folder of the run. */
  folder: string;
  spec: Pick<Container, 'terminationMessagePolicy'>;
  /** What the end of its log says. */
  logTail: string;
}

/** What a container that does not run has ended with, and what it says of that. */
export function exitOf({ State }: EngineContainer, { folder, spec, logTail }: Run): ObservedExit {
  const { ExitCode: code, OOMKilled: isOutOfMemory, Error: fault, FinishedAt: finishedAt } = State;
  if (isUnstartable(State)) return { code: START_ERROR, reason: 'StartError', message: fault };
  return endOfRun({ code, isOutOfMemory, finishedAt, folder, spec, lastOfLog: () => logTail });
}

/** What the end of the log of a container that has failed says; empty for another one. */
export async function logTailOf(engine: Engine, { Id, Config, State }: EngineContainer): Promise<string> {
  if (State.Running || State.ExitCode === 0 || isUnstartable(State)) return '';
  const stream = await engine.logs(Id, { tail: LOG_TAIL.lines, timestamps: false });
  let tail = Buffer.alloc(0);
  for await (const { bytes } of framesOf(stream, Config.Tty)) {
    tail = Buffer.concat([tail, bytes]).subarray(-LOG_TAIL.bytes);
  }
  return tail.toString('utf8');
}
