import type { Reason } from '@holdfast/core';
import { plainEnvironment, runProgram } from './host/linux/program.ts';

const systemdNotify = '/usr/bin/systemd-notify';
const answerMs = 5_000;

/**
 * Tells systemd that the daemon is ready, where systemd has started it and waits for that (sd_notify(3), systemd.service(5),
 * `Type=notify`). By its program: Node has no datagram sockets of the local kind. Never rejects.
 */
export async function announceReady(
  report: (reason: Reason) => void,
  socket = process.env['NOTIFY_SOCKET'],
): Promise<void> {
  if (socket === undefined || socket === '') return;
  const environment = { ...plainEnvironment, NOTIFY_SOCKET: socket };
  const options = { timeoutMs: answerMs, environment };
  const why = await runProgram(systemdNotify, ['--ready'], options).then(
    ({ code, stderr }) => (code === 0 ? undefined : stderr.slice(0, 300)),
    String,
  );
  if (why !== undefined) report({ code: 'readiness-not-announced', facts: { why } });
}
