import type { EventBody } from '@holdfast/contract';
import { useEffect, useRef } from 'react';
import { useText } from '../i18n/text.ts';
import { useFormats } from '../words/formats.ts';
import { useReasonWords } from '../words/reasons.ts';

/** Events as lines, the newest in sight. */
export function EventLog({ events }: { readonly events: readonly EventBody[] }) {
  const say = useText();
  const words = useReasonWords();
  const { clock } = useFormats();
  const box = useRef<HTMLOListElement>(null);
  const count = events.length;
  useEffect(() => {
    if (box.current) box.current.scrollTop = box.current.scrollHeight;
  }, [count]);
  return (
    <ol ref={box} className="hf-log" aria-label={say('operation.log')} tabIndex={0}>
      {events.map((event) => (
        <li key={event.id} data-severity={event.severity}>
          <time dateTime={event.at}>{clock(event.at)}</time> {event.server}: {words.event(event)}
        </li>
      ))}
    </ol>
  );
}
