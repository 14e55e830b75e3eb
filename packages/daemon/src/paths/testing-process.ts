import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { TestServerOrder } from './testing-server.ts';
import { issueCredentials, until } from './testing.ts';

/** For tests only: a server's listener and keeper as a process of its own, which can be stopped, cut and measured. */
export interface ServerProcess {
  /** What it has said: `ready`, and each path with its event. */
  readonly lines: readonly string[];
  readonly process: ChildProcessWithoutNullStreams;
  end(): Promise<void>;
}

export interface Place {
  readonly name: string;
  readonly addresses: readonly string[];
  readonly port: number;
}

const program = fileURLToPath(new URL('./testing-server.ts', import.meta.url));

/** Starts a server as a process, in a network namespace if one is given, and waits until it listens. */
export async function startServerProcess(
  place: Place,
  order: Pick<TestServerOrder, 'paths' | 'ports'>,
  namespace?: string,
): Promise<ServerProcess> {
  const { key, ...certificates } = await issueCredentials(place.name);
  const whole: TestServerOrder = { ...place, ...order, credentials: { ...certificates, key: key.reveal() } };
  const command = [process.execPath, program];
  const [file = '', ...args] = namespace
    ? ['/usr/bin/nsenter', `--net=/run/netns/${namespace}`, ...command]
    : command;
  const child = spawn(file, args);
  const lines: string[] = [];
  let errors = '';
  createInterface({ input: child.stdout }).on('line', (line) => lines.push(line));
  child.stderr.on('data', (text: Buffer) => (errors += text.toString()));
  const end = async (): Promise<void> => {
    child.kill('SIGKILL');
    await until(
      'process ended',
      () => child.signalCode !== null || child.exitCode !== null,
      () => child.pid,
    );
  };
  child.stdin.end(JSON.stringify(whole));
  try {
    await until(
      'process ready',
      () => lines.includes('ready'),
      () => ({ lines, errors }),
      15_000,
    );
  } catch (error) {
    await end();
    throw error;
  }
  return { lines, process: child, end };
}
