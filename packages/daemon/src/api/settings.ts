import { createError, describeReason, type SettingsAnswer, type settingsRequest } from '@holdfast/contract';
import { judgeProfile, profiles } from '@holdfast/core';
import { asSeen, put } from '@holdfast/engine';
import type { z } from 'zod';
import type { ApiContext } from './context.ts';

/**
 * PATCH /settings: the timing profile of the whole cluster (C-12), checked as a whole before it is kept. Rejects with
 * HF-CFG-007, or HF-STORE-006 when another change came between.
 */
export async function changeSettings(
  context: ApiContext,
  asked: z.output<typeof settingsRequest>,
): Promise<SettingsAnswer> {
  const { engine, keys, store } = context;
  if (asked.profile === undefined) return { profile: context.profile() };
  const verdict = judgeProfile(profiles[asked.profile]);
  if (!verdict.allowed)
    throw createError('HF-CFG-007', {
      profile: asked.profile,
      problem: describeReason(verdict.reason, 'en'),
    });
  const snapshot = await engine.refresh();
  const done = await store.commit({
    compare: [asSeen({ snapshot }, keys.settings), asSeen({ snapshot }, keys.revision)],
    write: [
      put(keys.settings, { profile: asked.profile }),
      put(keys.revision, { revision: snapshot.configRevision + 1 }),
    ],
  });
  if (!done) throw createError('HF-STORE-006', { attempts: 1 });
  return { profile: asked.profile };
}
