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
    reason: (reason) => capital(describeReason(reason, language), reason),
    problem: (reason) => {
      const problem = describeProblem(reason, language);
      return { ...problem, sentence: capital(problem.sentence, reason) };
    },
    event: (event) => {
      const { server, hierarchy, tag } = event;
      const facts = { ...event.facts, server, hierarchy: hierarchy ?? '', tag: tag ?? '' };
      return capital(describeEvent(event, language), { facts });
    },
  };
}

/** A name at the beginning stays as it is written: only words of the sentence are changed. */
function capital(sentence: string, { facts }: Pick<ReasonData, 'facts'>): string {
  const isName = Object.values(facts).some(
    (fact) => typeof fact === 'string' && fact !== '' && sentence.startsWith(fact),
  );
  return isName ? sentence : sentence.charAt(0).toUpperCase() + sentence.slice(1);
}
