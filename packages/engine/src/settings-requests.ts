import { refuse, type Server, type ServerName, type Settings } from '@holdfast/core';
import { compareAll, type Requested, type RequestContext } from './requests.ts';
import { put } from './transactions.ts';

/** Changes what holds for the whole cluster. `initial`: what holds before anybody has set anything. */
export function setSettingsRequest(
  context: RequestContext,
  asked: { readonly settings: Partial<Settings>; readonly initial: Settings },
): Requested {
  const { keys, snapshot } = context;
  const settings: Settings = { ...(snapshot.settings ?? asked.initial), ...asked.settings };
  return {
    allowed: true,
    operation: undefined,
    transaction: {
      compare: compareAll(context, [keys.revision, keys.settings]),
      write: [put(keys.revision, { revision: snapshot.configRevision + 1 }), put(keys.settings, settings)],
    },
  };
}

/** Changes what is set for one server (R-07, C-07). */
export function setServerRequest(
  context: RequestContext,
  asked: {
    readonly server: ServerName;
    readonly changes: Partial<Pick<Server, 'confirmFailover' | 'blockFailover' | 'shutdownStrategy'>>;
  },
): Requested {
  const { keys, snapshot } = context;
  const server = snapshot.view.servers[asked.server];
  if (!server) return refuse('unknown-server', { server: asked.server });
  const { changes } = asked;
  if (server.role === 'witness' && Object.keys(changes).length > 0)
    return refuse('not-a-member', { server: server.name });
  return {
    allowed: true,
    operation: undefined,
    transaction: {
      compare: compareAll(context, [keys.revision, keys.server(server.name)]),
      write: [
        put(keys.revision, { revision: snapshot.configRevision + 1 }),
        put(keys.server(server.name), { ...server, ...changes }),
      ],
    },
  };
}
