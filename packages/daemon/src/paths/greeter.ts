import type { Http2ServerRequest, Http2ServerResponse, Http2Session, ServerHttp2Session } from 'node:http2';
import type { ServerName } from '@holdfast/core';
import { refuse, send, type AcceptedChannel } from './accepted-channel.ts';
import { onSessionEnd } from './channel.ts';
import type { Path } from './path.ts';
import { helloDocument, readDocument, wirePath } from './wire.ts';

/** What the listener hands connections to: HTTP/2 from a server of this cluster. */
export interface PathAcceptor {
  accept(session: ServerHttp2Session, peer: ServerName): void;
  serve(session: Http2Session, request: Http2ServerRequest, response: Http2ServerResponse): void;
}

const helloTimeoutMs = 5_000;
/** Connections of servers that have not said yet which path they are. */
const maxUnbound = 64;

/** Lets a connection that was made to this server become one of its paths. */
export function createGreeter(
  findPath: (id: string) => Path | undefined,
): PathAcceptor & { readonly close: () => void } {
  const unbound = new Map<
    Http2Session,
    {
      readonly session: ServerHttp2Session;
      readonly peer: ServerName;
      readonly timer: NodeJS.Timeout;
    }
  >();
  const bound = new WeakMap<Http2Session, AcceptedChannel>();

  function forget(session: Http2Session): void {
    clearTimeout(unbound.get(session)?.timer);
    unbound.delete(session);
  }

  /** The first request says which path it is. The path's other end must be the certificate's server. */
  async function greet(
    session: Http2Session,
    request: Http2ServerRequest,
    response: Http2ServerResponse,
  ): Promise<void> {
    try {
      const hello = helloDocument.parse(await readDocument(request));
      const path = findPath(hello.path);
      const known = unbound.get(session);
      if (request.url !== wirePath.hello || !known || path?.peer !== known.peer) {
        send(response, 403, {});
        return;
      }
      const channel = path.accept(known.session);
      if (!channel) {
        send(response, 409, {});
        return;
      }
      forget(session);
      bound.set(session, channel);
      send(response, 200, { path: hello.path });
    } catch (error) {
      refuse(response, error);
    }
  }

  return {
    accept(session, peer) {
      if (unbound.size >= maxUnbound) {
        session.destroy();
        return;
      }
      const timer = setTimeout(() => session.destroy(), helloTimeoutMs);
      unbound.set(session, { session, peer, timer });
      onSessionEnd(session, () => forget(session));
    },
    serve(session, request, response) {
      const channel = bound.get(session);
      if (channel) void channel.serve(request, response);
      else void greet(session, request, response);
    },
    close() {
      for (const session of unbound.keys()) session.destroy();
    },
  };
}
