import { unlinkSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { because, type Reason } from '@holdfast/core';
import { monotonicNow } from './clock.ts';
import type { Keeper } from './keeping.ts';
import { writeLog, type Log } from './log.ts';
import {
  parseRequest,
  protocolVersion,
  readLines,
  sendLine,
  socketFileName,
  type Request,
} from './protocol.ts';

export interface GuardServerOptions {
  readonly runDirectory: string;
  readonly cluster: string;
  readonly server: string;
  readonly keeper: () => Keeper;
}

/** The guard's end of `run/guard.sock`. One daemon counts: the one that has greeted last. */
export interface GuardServer {
  listen(): Promise<void>;
  hasDaemon(): boolean;
  /** Tells the daemon how the lease stands; at most every `leastMs` when nothing has changed. */
  pushState(leastMs: number): void;
  log: Log;
  /** Answers a release that was asked for, and closes. */
  finish(): Promise<void>;
}

const helloTimeoutMs = 2_000;
const farewellMs = 500;
const maxConnections = 8;

export function createGuardServer(options: GuardServerOptions): GuardServer {
  const path = join(options.runDirectory, socketFileName);
  const listener: Server = createServer(accept);
  listener.maxConnections = maxConnections;
  let daemon: Socket | undefined;
  let releaseId: number | undefined;
  let pushedAt = -Infinity;
  let pushed = '';

  const log: Log = (severity, reason) => {
    writeLog(severity, reason);
    if (daemon) sendLine(daemon, { kind: 'event', severity, reason });
  };

  function accept(socket: Socket): void {
    const impatience = setTimeout(() => socket.destroy(), helloTimeoutMs);
    socket.on('error', () => socket.destroy());
    socket.on('close', () => {
      clearTimeout(impatience);
      if (daemon === socket) daemon = undefined;
    });
    readLines(
      socket,
      (line) => {
        const request = parseRequest(line);
        if (request.kind === 'hello') {
          clearTimeout(impatience);
          greet(socket, request);
        } else if (socket === daemon) {
          handle(socket, request);
        } else socket.destroy();
      },
      (error) => log('warning', because('request-not-understood', { why: String(error) })),
    );
  }

  function greet(socket: Socket, hello: Extract<Request, { kind: 'hello' }>): void {
    sendLine(socket, { kind: 'hello', version: protocolVersion, pid: process.pid });
    const isOurs = hello.cluster === options.cluster && hello.server === options.server;
    if (hello.version !== protocolVersion || !isOurs) {
      log('warning', because('daemon-refused', { version: hello.version, cluster: hello.cluster }));
      socket.end();
      return;
    }
    if (daemon !== socket) daemon?.destroy();
    daemon = socket;
    pushed = '';
    pushState(0);
  }

  function handle(socket: Socket, request: Exclude<Request, { kind: 'hello' }>): void {
    const keeper = options.keeper();
    switch (request.kind) {
      case 'alive':
        return keeper.alive();
      case 'plan':
        return answer(socket, request.id, keeper.plan(request));
      case 'drop':
        return answer(socket, request.id, keeper.drop(request.hierarchy));
      case 'retain':
        return answer(socket, request.id, keeper.retain(request.hierarchies));
      case 'kill':
        return answer(socket, request.id, keeper.kill(request.hierarchy));
      case 'hold':
        return answer(socket, request.id, keeper.hold(request.promised));
      case 'configure':
        return answer(socket, request.id, Promise.resolve(keeper.configure(request.config)));
      case 'release':
        releaseId = request.id;
        return keeper.release();
      default:
        return request satisfies never;
    }
  }

  function answer(socket: Socket, id: number, outcome: Promise<Reason | undefined>): void {
    outcome
      .catch((error: unknown) => because('guard-failed', { why: String(error) }))
      .then((refusal) => sendLine(socket, { kind: 'answer', id, refusal }))
      .catch(() => socket.destroy());
  }

  function pushState(leastMs: number): void {
    if (daemon === undefined) return;
    const state = options.keeper().state();
    const text = JSON.stringify(state);
    const now = monotonicNow();
    if (text === pushed && now < pushedAt + leastMs) return;
    pushed = text;
    pushedAt = now;
    sendLine(daemon, { kind: 'state', ...state });
  }

  return {
    async listen() {
      // The file of a guard that was killed is in the way; a living one has been ruled out before.
      try {
        unlinkSync(path);
      } catch {
        // Nothing was in the way.
      }
      await new Promise<void>((resolve, reject) => {
        listener.once('error', reject);
        listener.listen(path, () => resolve());
      });
    },
    hasDaemon: () => daemon !== undefined,
    pushState,
    log,
    async finish() {
      if (daemon && releaseId !== undefined)
        sendLine(daemon, { kind: 'answer', id: releaseId, refusal: undefined });
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, farewellMs);
        const done = (): void => {
          clearTimeout(timer);
          resolve();
        };
        if (daemon) daemon.end(done);
        else done();
      });
      listener.close();
    },
  };
}
