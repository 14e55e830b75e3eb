import {
  describeEvent,
  describeProblem,
  describeReason,
  type EventData,
  type ReasonData,
} from '@holdfast/contract';
import { usePreferences } from '../shell/preferences.ts';

export interface ReasonWords {
  readonly reason: (reason: ReasonData) => string;
  /** With its error code and remedy, where it has them. */
  readonly problem: (reason: ReasonData) => ReturnType<typeof describeProblem>;
  readonly event: (event: EventData) => string;
}

/** Reasons and events as the catalogues of the contract say them, beginning with a capital. */
export function useReasonWords(): ReasonWords {
  const { language } = usePreferences();
  return {
    reason: (reason) => capital(describeReason(reason, language)),
    problem: (reason) => {
      const problem = describeProblem(reason, language);
      return { ...problem, sentence: capital(problem.sentence) };
    },
    event: (event) => capital(describeEvent(event, language)),
  };
}

/** Names of servers and tags at the beginning stay as they are written: only words of the sentence are changed. */
function capital(sentence: string): string {
  return /^[a-z]+[ ,:]/.test(sentence) ? sentence.charAt(0).toUpperCase() + sentence.slice(1) : sentence;
}
