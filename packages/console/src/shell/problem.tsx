import { Alert, List, ListItem } from '@patternfly/react-core';
import { describeReason } from '@holdfast/contract';
import { ApiError } from '../api.ts';
import { useText } from '../i18n/text.ts';
import { usePreferences } from './preferences.ts';

/** What went wrong with a question to the API: message, code, remedy and the checks that failed. */
export function Problem({
  error,
  showsFindings = true,
}: {
  readonly error: unknown;
  readonly showsFindings?: boolean;
}) {
  const say = useText();
  const { language } = usePreferences();
  const body = error instanceof ApiError ? error.body : undefined;
  const unanswered = error instanceof ApiError && error.status === 0;
  const title = body?.message ?? say(unanswered ? 'shell.noAnswer' : 'shell.unknownError');
  const failed = body?.findings?.filter(({ outcome }) => outcome === 'failed') ?? [];
  return (
    <Alert variant="danger" isInline title={body ? `${title} (${body.code})` : title} component="h2">
      {unanswered ? say('shell.noAnswerRemedy') : body?.remedy}
      {showsFindings && failed.length > 0 && (
        <List>
          {failed.map(({ check, server, tag, reason }) => (
            <ListItem key={`${check} ${server} ${tag ?? ''}`}>
              {server}: {describeReason(reason, language)}
            </ListItem>
          ))}
        </List>
      )}
    </Alert>
  );
}
