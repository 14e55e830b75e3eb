import type { EngineEvent } from '@holdfast/engine';
import { commitRequest } from '../api/commit-change.ts';
import type { ApiContext } from '../api/context.ts';
import { settleOne } from '../api/findings.ts';
import { createCareKeeper, type CareKeeper } from './care-keeper.ts';

/** The keeper of this server's care, with the daemon's own means. */
export function keepCare(
  context: ApiContext,
  tell: (event: Pick<EngineEvent, 'code' | 'severity' | 'facts' | 'tag'>) => void,
): CareKeeper {
  const { file, care, instances, host, engine } = context;
  const { server } = file;
  return createCareKeeper({
    server,
    records: care,
    instances,
    now: () => host.clock.now(),
    settle: (hierarchy, resource, kind) => settleOne(context, { hierarchy, resource, server, kind }),
    refresh: () => engine.refresh(),
    commit: async (judge) => {
      await commitRequest(context, server, judge, { dryRun: false });
    },
    report: (severity, reason, tag) => tell({ ...reason, severity, tag }),
  });
}
