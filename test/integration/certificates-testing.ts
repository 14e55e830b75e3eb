import { X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { connect as connectHttp2 } from 'node:http2';
import { request as httpsRequest } from 'node:https';
import path from 'node:path';
import { connect } from 'node:tls';
import { readPki, type Pki } from '@holdfast/daemon/pki/files';
import type { LabServer } from '@holdfast/lab/lab-server';

/** What a server's certificates open, tried as somebody would who has copied its files. */

export function pkiOf(server: LabServer): Promise<Pki> {
  return readPki(server.box.directories.state);
}

export function serialsIn({ serverCertificate, etcdClientCertificate }: Pki): readonly string[] {
  return [serverCertificate, etcdClientCertificate]
    .map((pem) => new X509Certificate(pem).serialNumber)
    .toSorted();
}

async function portOf({ box }: LabServer, name: 'port' | 'clientPort'): Promise<number> {
  const text = await readFile(path.join(box.directories.state, 'server.json'), 'utf8');
  return Number(new RegExp(`"${name}":\\s*(\\d+)`).exec(text)?.[1]);
}

/** Does the server's etcd member answer somebody with this certificate? */
export async function etcdAnswers(server: LabServer, pki: Pki): Promise<boolean> {
  const options = {
    ...{
      host: server.box.address,
      port: await portOf(server, 'clientPort'),
      method: 'POST',
      path: '/v3/kv/range',
    },
    ...{ ca: pki.caCertificate, cert: pki.etcdClientCertificate, key: pki.etcdClientKey.reveal() },
    ...{ agent: false as const, timeout: 3_000 },
  };
  return await new Promise((resolve) => {
    const asked = httpsRequest(options, (response) => resolve(response.resume().statusCode === 200));
    asked.once('timeout', () => asked.destroy()).once('error', () => resolve(false));
    asked.end(JSON.stringify({ key: 'eA==' }));
  });
}

/** Is a connection to the server's port with this certificate left open? */
export async function portStaysOpen(server: LabServer, pki: Pki): Promise<boolean> {
  const socket = connect({
    ...{ host: server.box.address, port: await portOf(server, 'port'), ALPNProtocols: ['http/1.1'] },
    ...{ ca: pki.caCertificate, cert: pki.serverCertificate, key: pki.serverKey.reveal() },
    checkServerIdentity: () => undefined,
  });
  return (await new Promise((resolve) => {
    socket.once('error', () => resolve(false)).once('close', () => resolve(false));
    socket.once('data', () => resolve(true));
    socket.once('secureConnect', () => socket.write('GET /health HTTP/1.1\r\nHost: x\r\n\r\n'));
  }).finally(() => socket.destroy())) as boolean;
}

/** Does the server's port answer a communication path with this certificate, if only that it does not know that path? */
export async function pathIsAnswered(server: LabServer, pki: Pki): Promise<boolean> {
  const session = connectHttp2(`https://${server.box.address}:${await portOf(server, 'port')}`, {
    ...{ ca: pki.caCertificate, cert: pki.serverCertificate, key: pki.serverKey.reveal() },
    checkServerIdentity: () => undefined,
  });
  session.on('error', () => {});
  const answered = new Promise<boolean>((resolve) => {
    session.once('close', () => resolve(false));
    const stream = session.request({ ':method': 'POST', ':path': '/paths/v1/hello' });
    stream.on('error', () => {}).once('response', () => resolve(true));
    stream.end(JSON.stringify({ path: 'none' }));
  });
  return await answered.finally(() => session.destroy());
}
