import { Form, Tab, Tabs, TabTitleText } from '@patternfly/react-core';
import { covers, type HierarchyAnswer, type KitForm } from '@holdfast/contract';
import { useQuery, type UseQueryResult } from '@tanstack/react-query';
import { useState } from 'react';
import { useParams, useSearchParams } from 'react-router';
import { callApi } from '../api.ts';
import { useText } from '../i18n/text.ts';
import { useCaller } from '../live/session.ts';
import { ChangeDialog, changeTimeoutMs, useChange, useHierarchy } from '../operations/change-dialog.tsx';
import { Answered } from '../shell/answered.tsx';
import { PageDialog, useCloseDialog } from '../shell/page-dialog.tsx';
import { useKits } from '../wizards/use-check.ts';
import { createPropertiesDraft, describePropertiesChange, listWrongProperties } from './draft.ts';
import { HierarchyFields } from './hierarchy-fields.tsx';
import { ResourceFields } from './resource-fields.tsx';

/** The properties of a hierarchy and its resources: administrators change them, the others see them (H-01). */
export function PropertiesDialog() {
  const say = useText();
  const { tag = '' } = useParams();
  const close = useCloseDialog();
  const kits = useKits();
  // What the form began with: what others change meanwhile is not undone by it.
  const query = useQuery({
    queryKey: ['properties', tag],
    queryFn: ({ signal }) => callApi('hierarchy', { parameters: [tag], signal }),
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 0,
  });
  const waiting: Pick<UseQueryResult, 'data' | 'error' | 'isPending'> = query.error ? query : kits;
  if (query.data && kits.data)
    return <Properties key={tag} tag={tag} hierarchy={query.data} forms={kits.data} />;
  return (
    <PageDialog title={say('properties.title', { tag })} onClose={close} isOver>
      <Answered query={waiting}>{() => null}</Answered>
    </PageDialog>
  );
}

/** No tag begins so. */
const wholeTab = '-hierarchy';

function Properties(props: {
  readonly tag: string;
  readonly hierarchy: HierarchyAnswer;
  readonly forms: readonly KitForm[];
}) {
  const say = useText();
  const { tag, hierarchy, forms } = props;
  const { role } = useCaller();
  const { open } = useHierarchy(tag);
  const [query, setQuery] = useSearchParams();
  const [draft, setDraft] = useState(() => createPropertiesDraft(hierarchy));
  const isReadOnly = !covers(role, 'administrator');
  const wrong = listWrongProperties(draft);
  const body = describePropertiesChange(hierarchy, draft, forms);
  const change = useChange({
    key: ['change', tag, body],
    isReady: wrong.length === 0 && Object.keys(body).length > 0,
    showsResult: true,
    ask: (dryRun, signal) =>
      callApi('change', {
        parameters: [tag],
        body: { ...body, dryRun },
        timeoutMs: changeTimeoutMs,
        ...(signal && { signal }),
      }),
  });
  const fields = { draft, wrong, isReadOnly, onChange: setDraft };
  return (
    <ChangeDialog
      title={say('properties.title', { tag })}
      begin={isReadOnly ? '' : say('dialog.save')}
      change={change}
      isBlocked={open}
      size="large"
      result={say('properties.saved', { tag })}
    >
      <Form onSubmit={(event) => event.preventDefault()}>
        <Tabs
          activeKey={query.get('part') ?? wholeTab}
          onSelect={(_, key) => setQuery(key === wholeTab ? {} : { part: String(key) }, { replace: true })}
          aria-label={say('properties.parts')}
          mountOnEnter
        >
          {[
            <Tab
              key={wholeTab}
              eventKey={wholeTab}
              title={<TabTitleText>{say('column.hierarchy')}</TabTitleText>}
            >
              <HierarchyFields {...fields} />
            </Tab>,
            ...hierarchy.resources.map((resource) => (
              <Tab
                key={resource.tag}
                eventKey={resource.tag}
                title={<TabTitleText>{resource.tag}</TabTitleText>}
              >
                <ResourceFields
                  {...fields}
                  tag={resource.tag}
                  form={forms.find(({ name }) => name === resource.kit)}
                />
              </Tab>
            )),
          ]}
        </Tabs>
      </Form>
    </ChangeDialog>
  );
}
