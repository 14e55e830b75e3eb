import { Button } from '@patternfly/react-core';
import { useQuery } from '@tanstack/react-query';
import { callApi } from '../api.ts';
import { useText } from '../i18n/text.ts';
import { useLive } from '../live/live.tsx';
import { Answered } from '../shell/answered.tsx';
import { PageDialog, useCloseDialog } from '../shell/page-dialog.tsx';
import { Refused } from '../shell/refused.tsx';
import { useRefusal } from '../shell/use-refusal.ts';

/** Milliseconds in which a browser has surely begun to write a file. */
const downloadMs = 10_000;

/** The whole configuration as the file that can be imported (C-11). */
export function ExportDialog() {
  const say = useText();
  const close = useCloseDialog('/settings');
  const { status } = useLive();
  const refusal = useRefusal('administrator');
  const query = useQuery({
    queryKey: ['configuration'],
    queryFn: ({ signal }) => callApi('configuration', { signal }),
    enabled: refusal === undefined,
    staleTime: 0,
  });
  const title = say('configuration.exportTitle');
  if (refusal?.key === 'refusal.needsAdministrator') return <Refused title={title} page="/settings" />;
  const { data } = query;
  return (
    <PageDialog
      title={title}
      onClose={close}
      size="large"
      isOver
      actions={
        <Button
          data-action="begin"
          isDisabled={!data}
          onClick={() => data && download(`${status?.cluster ?? 'holdfast'}.yaml`, data.text)}
        >
          {say('configuration.download')}
        </Button>
      }
    >
      <p>{say('configuration.exportHelp')}</p>
      <Answered query={query}>{({ text }) => <pre className="hf-file">{text}</pre>}</Answered>
    </PageDialog>
  );
}

function download(name: string, text: string): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(new Blob([text], { type: 'application/yaml' }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), downloadMs);
}
