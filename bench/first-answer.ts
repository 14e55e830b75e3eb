import { Socket } from 'node:net';

/**
 * Asks one question of a PostgreSQL that trusts the user, with as little of its protocol as that takes: a library that
 * is used for the first time in a process would cost tens of milliseconds, and they would count as PostgreSQL's own.
 * Rejects when the server refuses or ends.
 */
export function awaitFirstAnswer(socketPath: string, user: string): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const socket = new Socket();
  let received = Buffer.alloc(0);
  let asked = false;
  socket.on('connect', () => socket.write(startUp(user)));
  socket.on('error', reject);
  socket.on('close', () => reject(new Error('the server has closed the connection')));
  socket.on('data', (bytes: Buffer) => {
    received = Buffer.concat([received, bytes]);
    for (const type of takeMessages()) {
      if (type === 'E') reject(new Error('the server has refused'));
      if (type !== 'Z') continue;
      if (asked) resolve();
      else socket.write(message('Q', 'select 1\0'));
      asked = true;
    }
  });

  /** Types of the messages that are complete: each is a letter, its length without that, and the rest. */
  function takeMessages(): readonly string[] {
    const types: string[] = [];
    while (received.length >= 5 && received.length > received.readUInt32BE(1)) {
      types.push(received.toString('latin1', 0, 1));
      received = received.subarray(1 + received.readUInt32BE(1));
    }
    return types;
  }

  socket.connect(socketPath);
  return promise.finally(() => socket.destroy());
}

/** PostgreSQL documentation, "Message Formats", StartupMessage: protocol 3.0. */
function startUp(user: string): Buffer {
  const version = Buffer.from([0, 3, 0, 0]);
  const parameters = Buffer.from(`user\0${user}\0database\0template1\0\0`);
  return message('', Buffer.concat([version, parameters]).toString('latin1'));
}

function message(type: string, body: string): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(4 + Buffer.byteLength(body, 'latin1'));
  return Buffer.concat([Buffer.from(type, 'latin1'), length, Buffer.from(body, 'latin1')]);
}
