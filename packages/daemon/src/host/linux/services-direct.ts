import { spawn } from 'node:child_process';
import { copyFileSync, existsSync, openSync, closeSync, statSync, truncateSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import {
  HostError,
  type Files,
  type ServiceDefinition,
  type ServiceView,
  type Services,
} from '@holdfast/kits/host';
import { asAccount, setpriv } from './accounts.ts';
import { isSameProcess, listProcessIds, readPlace, readProcessNumbers, readText } from './proc.ts';
import { shorten } from './program.ts';

/** Where there is no service manager: what a service is, which process it is, and what it wrote, are files. */
export interface DirectServicesOptions {
  readonly files: Files;
  /** Definitions: they stay over a boot. */
  readonly stateDirectory: string;
  /** The processes, and their output. */
  readonly runDirectory: string;
  readonly bootId: string;
}

/** What is kept of a service over a boot. */
const storedService = z.strictObject({
  definition: z.strictObject({
    name: z.string(),
    user: z.string(),
    command: z.array(z.string()).min(1).readonly(),
    directory: z.string(),
    environment: z.record(z.string(), z.string()).readonly(),
  }),
  startMode: z.enum(['automatic', 'manual']),
  /** Put behind the command at each start. */
  appended: z.array(z.string()).readonly().default([]),
});

/** Which process a service is. The number alone would fit another process one day. */
const processRecord = z.strictObject({
  pid: z.int().positive(),
  startTicks: z.number(),
  bootId: z.string(),
  /** It was started by other means: it goes on without the service. */
  adopted: z.boolean().default(false),
});

type StoredService = z.infer<typeof storedService>;
type ProcessRecord = z.infer<typeof processRecord>;

/** When a service has written more than this, its output is put aside once and begins anew. */
const outputLimitBytes = 4 * 1024 * 1024;

/** Marks a process and its children as a service's, so that one is found whose record was not written any more. */
const marker = 'HOLDFAST_SERVICE';

/**
 * Services as detached processes in sessions of their own: they stay when the daemon ends, and a restarted daemon
 * knows them by their record. They are never started by the boot, whatever their start mode says.
 */
export function createDirectServices(options: DirectServicesOptions): Services {
  const { files } = options;
  const definitionPath = (name: string): string => join(options.stateDirectory, `${fileName(name)}.json`);
  const recordPath = (name: string): string => join(options.runDirectory, `${fileName(name)}.json`);
  const outputPath = (name: string): string => join(options.runDirectory, `${fileName(name)}.log`);
  const searched = new Set<string>();

  const readStored = async (name: string): Promise<StoredService | undefined> =>
    parseRecord(storedService, { path: definitionPath(name), text: await files.read(definitionPath(name)) });

  const demandStored = async (name: string): Promise<StoredService> => {
    const stored = await readStored(name);
    if (!stored) throw new HostError('service-missing', { service: name });
    return stored;
  };

  const writeRecord = (
    name: string,
    process: { readonly pid: number; readonly startTicks: number; readonly adopted: boolean },
  ): Promise<void> => {
    const record: ProcessRecord = { ...process, bootId: options.bootId };
    return files.write(recordPath(name), JSON.stringify(record));
  };

  /** The service's process, if it lives. A daemon that died between start and record left one that is searched once. */
  const findProcess = async (name: string): Promise<ProcessRecord | undefined> => {
    const path = recordPath(name);
    const record = parseRecord(processRecord, { path, text: await files.read(path) });
    if (record && record.bootId === options.bootId && isSameProcess(record)) return record;
    if (searched.has(name)) return undefined;
    searched.add(name);
    const lost = await findMarked(path);
    if (!lost) return undefined;
    const process = { ...lost, adopted: false };
    await writeRecord(name, process);
    return { ...process, bootId: options.bootId };
  };

  return {
    kind: 'direct',
    needsPassword: false,
    get: async (name) => {
      const stored = await readStored(name);
      if (!stored) return undefined;
      const found = await findProcess(name);
      boundOutput(outputPath(name));
      return viewOf(stored, found);
    },
    create: async (definition) => {
      if (await readStored(definition.name)) {
        throw new HostError('service-exists', { service: definition.name });
      }
      const stored: StoredService = { definition, startMode: 'manual', appended: [] };
      await files.makeDirectory(options.stateDirectory, 0o700);
      await files.write(definitionPath(definition.name), JSON.stringify(stored, undefined, 2));
    },
    delete: async (name) => {
      if (await findProcess(name)) throw new HostError('service-running', { service: name });
      await files.delete(recordPath(name));
      await files.delete(outputPath(name));
      await files.delete(definitionPath(name));
    },
    setStartMode: async (name, startMode) => {
      const stored = await demandStored(name);
      await files.write(definitionPath(name), JSON.stringify({ ...stored, startMode }, undefined, 2));
    },
    appendArguments: async (name, appended) => {
      const stored = await demandStored(name);
      await files.write(definitionPath(name), JSON.stringify({ ...stored, appended }, undefined, 2));
    },
    start: async (name, { environment, timeoutMs }) => {
      const { definition, appended } = await demandStored(name);
      if (await findProcess(name)) return;
      await files.makeDirectory(options.runDirectory, 0o700);
      const command = [...definition.command, ...appended];
      const started = await startDetached(
        { ...definition, command },
        {
          environment: { ...definition.environment, ...environment, [marker]: recordPath(name) },
          outputPath: outputPath(name),
        },
      );
      await writeRecord(name, { ...started, adopted: false });
      await awaitProgram(name, { process: started, timeoutMs, outputPath: outputPath(name) });
    },
    settle: async (name) => {
      if (!(await findProcess(name))) await files.delete(recordPath(name));
    },
    adopt: async (name, process) => {
      await demandStored(name);
      await files.makeDirectory(options.runDirectory, 0o700);
      await writeRecord(name, { pid: process.pid, startTicks: process.startTicks, adopted: true });
    },
    disown: async (name) => {
      if ((await findProcess(name))?.adopted) await files.delete(recordPath(name));
    },
    mark: (name) => `${marker}=${recordPath(name)}`,
    output: async (name, maxBytes) => {
      const bytes = await files.readBytes(outputPath(name), { maxBytes, fromEnd: true });
      return bytes === undefined ? '' : Buffer.from(bytes).toString('utf8');
    },
  };
}

interface Launch {
  readonly environment: Readonly<Record<string, string>>;
  readonly outputPath: string;
}

/** Starts the service's process in a session of its own, with its output in a file that begins anew. */
async function startDetached(
  definition: ServiceDefinition,
  launch: Launch,
): Promise<{ pid: number; startTicks: number }> {
  const [executable, ...args] = definition.command;
  if (executable === undefined || !executable.startsWith('/') || !existsSync(executable)) {
    throw new HostError('program-missing', { program: executable ?? '' });
  }
  const command = await asAccount({ executable, args }, definition.user);
  const output = openSync(launch.outputPath, 'w', 0o600);
  closeSync(output);
  const appended = openSync(launch.outputPath, 'a');
  try {
    const child = spawn(command.executable, command.args, {
      detached: true,
      cwd: definition.directory,
      env: launch.environment,
      stdio: ['ignore', appended, appended],
    });
    const failure = Promise.withResolvers<Error>();
    child.once('error', failure.resolve);
    child.unref();
    if (child.pid === undefined) {
      throw new HostError('program-not-started', {
        program: executable,
        detail: (await failure.promise).message,
      });
    }
    return { pid: child.pid, startTicks: readProcessNumbers(child.pid)?.startTicks ?? 0 };
  } finally {
    closeSync(appended);
  }
}

interface Awaited {
  readonly process: { readonly pid: number; readonly startTicks: number };
  readonly timeoutMs: number;
  readonly outputPath: string;
}

/** Waits until the program itself runs, not the one that changes the account. Throws `service-ended` when it dies. */
async function awaitProgram(name: string, awaited: Awaited): Promise<void> {
  const deadline = performance.now() + awaited.timeoutMs;
  while (performance.now() < deadline) {
    if (!isSameProcess(awaited.process)) {
      const detail = shorten((readText(awaited.outputPath) ?? '').slice(-2000).trim());
      throw new HostError('service-ended', { service: name, detail });
    }
    if (readPlace(awaited.process.pid, 'exe') !== setpriv) return;
    await delay(2);
  }
  throw new HostError('service-not-started', { service: name, timeoutMs: awaited.timeoutMs });
}

/** Finds the first process that carries the service's mark. Children inherit the mark, and are younger. */
async function findMarked(mark: string): Promise<{ pid: number; startTicks: number } | undefined> {
  const wanted = `${marker}=${mark}`;
  const found: { pid: number; startTicks: number }[] = [];
  for (const pid of listProcessIds()) {
    const environment = await readFile(`/proc/${pid}/environ`, 'utf8').catch(() => '');
    const numbers = environment.split('\0').includes(wanted) ? readProcessNumbers(pid) : undefined;
    if (numbers) found.push({ pid, startTicks: numbers.startTicks });
  }
  return found.toSorted((a, b) => a.startTicks - b.startTicks || a.pid - b.pid)[0];
}

/** The writer appends, so cutting the file at 0 loses nothing that comes later. */
function boundOutput(path: string): void {
  const size = statSync(path, { throwIfNoEntry: false })?.size ?? 0;
  if (size <= outputLimitBytes) return;
  copyFileSync(path, `${path}.1`);
  truncateSync(path, 0);
}

function viewOf(stored: StoredService, found: ProcessRecord | undefined): ServiceView {
  return {
    name: stored.definition.name,
    state: found ? 'running' : 'stopped',
    mainPid: found?.pid,
    startMode: stored.startMode,
    user: stored.definition.user,
    command: [...stored.definition.command, ...stored.appended],
  };
}

function parseRecord<T>(
  schema: z.ZodType<T>,
  file: { readonly path: string; readonly text: string | undefined },
): T | undefined {
  if (file.text === undefined) return undefined;
  try {
    return schema.parse(JSON.parse(file.text));
  } catch (cause) {
    throw new HostError('record-damaged', { path: file.path }, cause);
  }
}

/** A service's name as a file's: nothing in it leaves the folder. */
function fileName(name: string): string {
  return encodeURIComponent(name).replaceAll('.', '%2E');
}
