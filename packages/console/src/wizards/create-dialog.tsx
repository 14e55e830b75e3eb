import { Modal, Wizard, WizardHeader, WizardStep } from '@patternfly/react-core';
import { covers, type KitForm } from '@holdfast/contract';
import { useMutation } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { useSearchParams } from 'react-router';
import { callApi } from '../api.ts';
import { useText } from '../i18n/text.ts';
import { useLive } from '../live/live.tsx';
import { useCaller } from '../live/session.ts';
import { FollowedOperation } from '../operations/operation-dialog.tsx';
import { Answered } from '../shell/answered.tsx';
import { PageDialog, useCloseDialog } from '../shell/page-dialog.tsx';
import { Problem } from '../shell/problem.tsx';
import { Refused } from '../shell/refused.tsx';
import { BeneathStep } from './beneath-step.tsx';
import {
  chooseKit,
  createDraft,
  describeCreation,
  isPriority,
  judgeForm,
  type CreateDraft,
} from './draft.ts';
import { PlaceStep } from './place-step.tsx';
import { ReviewStep } from './review-step.tsx';
import { RunningOperations } from './running-operations.tsx';
import { RootStep } from './root-step.tsx';
import { useCheck, useKits } from './use-check.ts';

const titleId = 'create-title';

/** On a narrow page a button stands for the steps. PatternFly names it in English; the step that it shows is its name. */
function OwnToggleName() {
  useEffect(() => document.querySelector('.pf-v6-c-wizard__toggle')?.removeAttribute('aria-label'), []);
  return null;
}

/** Creates a hierarchy (K-01 to K-09): where, what, what it needs beneath, the plan, and the creation itself. */
export function CreateDialog() {
  const say = useText();
  const close = useCloseDialog();
  const { role } = useCaller();
  const kits = useKits();
  if (!covers(role, 'administrator')) return <Refused title={say('wizard.createTitle')} />;
  if (!kits.data)
    return (
      <PageDialog title={say('wizard.createTitle')} onClose={close}>
        <Answered query={kits}>{() => null}</Answered>
      </PageDialog>
    );
  return <CreateWizard forms={kits.data} />;
}

function CreateWizard({ forms }: { readonly forms: readonly KitForm[] }) {
  const say = useText();
  const close = useCloseDialog();
  const [query] = useSearchParams();
  const { status } = useLive();
  const [draft, setDraft] = useState<CreateDraft>(() => {
    const begun = createDraft(query.get('server') ?? status?.answeredBy ?? '');
    const kit =
      forms.find(({ name }) => name === query.get('kit')) ?? forms.find((form) => !form.standsBeneath);
    return kit ? chooseKit(begun, kit.name) : begun;
  });
  const checked = useCheck(draft, forms);
  const [isReviewed, setReviewed] = useState(false);
  // Its name is known from now on, also while it is created.
  const tag = checked.answer?.resources[0]?.tag ?? undefined;
  const creation = useMutation({
    mutationFn: () => callApi('create', { body: { ...describeCreation(draft, forms, tag), wait: false } }),
    gcTime: 0,
  });
  if (creation.data?.operation)
    return <FollowedOperation id={creation.data.operation.id} onBack={creation.reset} />;
  const { answer, isCurrent } = checked;
  const form = forms.find(({ name }) => name === draft.resources[0]?.kit);
  const judge = (index: number): 'open' | 'wrong' | 'good' => {
    const resource = answer?.resources[index];
    return resource && answer ? judgeForm(resource, { findings: answer.findings, fix: draft.fix }) : 'open';
  };
  const isPlaced = form !== undefined && draft.server !== '' && isPriority(draft.priority);
  const isRootGood = isPlaced && isCurrent && judge(0) === 'good';
  const isWhole = isRootGood && draft.resources.every((_, index) => judge(index) === 'good');
  const words = {
    nextButtonText: say('wizard.next'),
    backButtonText: say('wizard.back'),
    cancelButtonText: say('shell.cancel'),
  };
  const step = { draft, forms, checked, onChange: setDraft };
  const review = (
    <WizardStep
      key="review"
      id="review"
      name={say('wizard.stepReview')}
      isDisabled={!isWhole}
      footer={{
        ...words,
        nextButtonText: say('dialog.create'),
        isNextDisabled: !isReviewed || creation.isPending,
      }}
    >
      {creation.error && <Problem error={creation.error} />}
      <ReviewStep {...step} onReviewed={setReviewed} />
    </WizardStep>
  );
  return (
    <Modal isOpen variant="large" aria-labelledby={titleId} onEscapePress={close}>
      <Wizard
        height="75vh"
        navAriaLabel={say('wizard.steps')}
        onClose={close}
        onSave={() => creation.mutate()}
        header={
          <WizardHeader
            title={say('wizard.createTitle')}
            titleId={titleId}
            onClose={close}
            closeButtonAriaLabel={say('shell.close')}
          />
        }
      >
        <WizardStep
          id="place"
          name={say('wizard.stepPlace')}
          footer={{ ...words, isNextDisabled: !isPlaced, isBackHidden: true }}
        >
          <OwnToggleName />
          <RunningOperations kind="create" />
          <PlaceStep {...step} />
        </WizardStep>
        <WizardStep
          id="root"
          name={say('wizard.stepRoot')}
          isDisabled={!isPlaced}
          footer={{ ...words, isNextDisabled: !isRootGood }}
        >
          <RootStep {...step} />
        </WizardStep>
        {form?.standsBeneath === false ? (
          <WizardStep
            id="beneath"
            name={say('wizard.stepBeneath')}
            isDisabled={!isRootGood}
            footer={{ ...words, isNextDisabled: !isWhole }}
          >
            <BeneathStep {...step} />
          </WizardStep>
        ) : (
          review
        )}
        {form?.standsBeneath === false ? review : undefined}
      </Wizard>
    </Modal>
  );
}
