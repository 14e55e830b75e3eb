import {
  Alert,
  AlertActionLink,
  Button,
  Card,
  CardBody,
  CardHeader,
  CardTitle,
  Checkbox,
  Content,
  Flex,
  Form,
  FormGroup,
} from '@patternfly/react-core';
import type { CheckedResource } from '@holdfast/contract';
import { useText } from '../i18n/text.ts';
import { useLive } from '../live/live.tsx';
import { Problem } from '../shell/problem.tsx';
import { addResource, changeResource, removeResource, type ResourceDraft } from './draft.ts';
import { useKitName } from './kit-name.ts';
import { ResourceForm } from './resource-form.tsx';
import { Checking } from './root-step.tsx';
import type { StepProps } from './step.ts';

/** What the root needs beneath it: new resources, and existing ones (K-07). */
export function BeneathStep(props: StepProps) {
  const say = useText();
  const kitName = useKitName();
  const { draft, forms, checked, onChange } = props;
  const { answer, query } = checked;
  return (
    <Form onSubmit={(event) => event.preventDefault()}>
      <Checking checked={checked} />
      {query.error && <Problem error={query.error} />}
      <Content>
        <p>{say('wizard.beneathHelp')}</p>
      </Content>
      {answer?.resources.map((resource, index) => (
        <Paths key={draft.resources[index]?.key ?? index} resource={resource} step={props} />
      ))}
      {draft.resources.slice(1).map((resource, index) => (
        <BeneathCard
          key={resource.key}
          resource={resource}
          checked={answer?.resources[index + 1]}
          step={props}
        />
      ))}
      <Flex>
        {forms
          .filter(({ standsBeneath }) => standsBeneath)
          .map(({ name }) => (
            <Button key={name} variant="secondary" onClick={() => onChange(addResource(draft, name))}>
              {say('wizard.addKit', { kit: kitName(name) })}
            </Button>
          ))}
      </Flex>
      <ExistingResources {...props} />
    </Form>
  );
}

/** Which paths of a resource lie on which volume, and which on none. */
function Paths({
  resource: { children, unprotected },
  step: { draft, onChange },
}: {
  readonly resource: CheckedResource;
  readonly step: StepProps;
}) {
  const say = useText();
  return (
    <>
      {children.map(({ tag, path }) => (
        <Alert
          key={path}
          variant="success"
          isInline
          isPlain
          component="h3"
          title={say('wizard.liesOn', { path, tag })}
        />
      ))}
      {unprotected.map(({ path, volume }) => (
        <Alert
          key={path}
          variant="warning"
          isInline
          component="h3"
          title={say('wizard.unprotected', { path })}
          actionLinks={
            volume && (
              <AlertActionLink onClick={() => onChange(addResource(draft, volume.kit, volume.parameters))}>
                {say('wizard.protect')}
              </AlertActionLink>
            )
          }
        />
      ))}
    </>
  );
}

function BeneathCard(props: {
  readonly resource: ResourceDraft;
  readonly checked: CheckedResource | undefined;
  readonly step: StepProps;
}) {
  const say = useText();
  const kitName = useKitName();
  const { resource, checked, step } = props;
  const { draft, forms, onChange } = step;
  const form = forms.find(({ name }) => name === resource.kit);
  if (!form) return null;
  const remove = (
    <Button variant="link" onClick={() => onChange(removeResource(draft, resource.key))}>
      {say('wizard.remove', { kit: kitName(resource.kit) })}
    </Button>
  );
  return (
    <Card>
      <CardHeader actions={{ actions: remove }}>
        <CardTitle component="h3">{kitName(resource.kit)}</CardTitle>
      </CardHeader>
      <CardBody>
        <div className="pf-v6-c-form">
          <ResourceForm
            draft={resource}
            form={form}
            checked={checked?.kit === resource.kit ? checked : undefined}
            server={draft.server}
            onChange={(changed) => onChange(changeResource(draft, resource.key, changed))}
          />
        </div>
      </CardBody>
    </Card>
  );
}

/** Existing resources that may stand beneath: the hierarchy of one that is chosen becomes part of the new one. */
function ExistingResources({ draft, forms, onChange }: StepProps) {
  const say = useText();
  const { status } = useLive();
  const [root] = draft.resources;
  const beneath = forms.filter(({ standsBeneath }) => standsBeneath).map(({ name }) => name);
  const existing = (status?.hierarchies ?? []).flatMap(({ resources }) =>
    resources.filter(({ kit }) => beneath.includes(kit)),
  );
  if (!root || existing.length === 0) return null;
  return (
    <FormGroup role="group" label={say('wizard.existing')} fieldId="existing" isStack>
      {existing.map(({ tag }) => (
        <Checkbox
          key={tag}
          id={`existing-${tag}`}
          label={tag}
          isChecked={root.children.includes(tag)}
          onChange={(_, chosen) =>
            onChange(
              changeResource(draft, root.key, {
                children: chosen ? [...root.children, tag] : root.children.filter((one) => one !== tag),
              }),
            )
          }
        />
      ))}
    </FormGroup>
  );
}
