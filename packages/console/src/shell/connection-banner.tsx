import { Alert, Label } from '@patternfly/react-core';
import { describeReason } from '@holdfast/contract';
import { useText } from '../i18n/text.ts';
import { useLive } from '../live/live.tsx';
import { useFormats } from '../words/formats.ts';
import { usePreferences } from './preferences.ts';

/** Says over every page when what it shows may not be so any more. */
export function ConnectionBanner() {
  const say = useText();
  const { language } = usePreferences();
  const { time } = useFormats();
  const { connection, status } = useLive();
  return (
    <div role="status" className="hf-banners">
      {connection === 'lost' && (
        <Alert variant="danger" isInline component="h2" title={say('connection.lostTitle')}>
          {status && say('connection.asOf', { time: time(status.at) })}
        </Alert>
      )}
      {connection === 'live' && status?.store.state === 'unavailable' && (
        <Alert
          variant="warning"
          isInline
          component="h2"
          title={say('connection.storeTitle', { server: status.answeredBy })}
        >
          {status.store.reason && describeReason(status.store.reason, language)}
        </Alert>
      )}
      {status?.maintenance === true && (
        <Alert variant="info" isInline component="h2" title={say('connection.maintenance')} />
      )}
    </div>
  );
}

export function ConnectionLabel() {
  const say = useText();
  const { connection } = useLive();
  const status = connection === 'live' ? 'success' : connection === 'lost' ? 'danger' : 'info';
  return (
    <Label status={status} isCompact>
      <span className="hf-connection">{say(`connection.${connection}`)}</span>
    </Label>
  );
}
