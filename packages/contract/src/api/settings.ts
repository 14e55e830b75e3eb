import { z } from 'zod';
import { profileName } from './common.ts';

/** GET and PATCH /settings */
export const settingsAnswer = z.object({ profile: profileName });
export type SettingsAnswer = z.infer<typeof settingsAnswer>;
export const settingsRequest = z.strictObject({ profile: profileName.optional() });
export type SettingsRequest = z.input<typeof settingsRequest>;
