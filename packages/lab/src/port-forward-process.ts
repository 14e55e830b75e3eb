import { connect, type Server } from 'node:net';

/**
 * Leads what comes to the harness's listening sockets on into the network that this process runs in. A socket stays in the
 * network that it was made in, so the harness makes the one that listens, and this process those that go out.
 */

interface Target {
  readonly host: string;
  readonly port: number;
}

const mostConnections = 200;

process.on('message', (target: Target, server: Server) => {
  server.maxConnections = mostConnections;
  server.on('connection', (incoming) => {
    const outgoing = connect(target);
    incoming.pipe(outgoing);
    outgoing.pipe(incoming);
    incoming.on('error', () => outgoing.destroy());
    outgoing.on('error', () => incoming.destroy());
    incoming.on('close', () => outgoing.destroy());
    outgoing.on('close', () => incoming.destroy());
  });
  process.send?.('listening');
});
process.once('disconnect', () => process.exit(0));
