import {
  Nav,
  NavItem,
  NavList,
  Page,
  PageSidebar,
  PageSidebarBody,
  SkipToContent,
} from '@patternfly/react-core';
import { covers } from '@holdfast/contract';
import { Suspense, useEffect, useState } from 'react';
import { Link, Outlet, useLocation } from 'react-router';
import { useText } from '../i18n/text.ts';
import { LiveProvider, useLive } from '../live/live.tsx';
import { useCaller } from '../live/session.ts';
import { OperationsDrawer } from '../operations/operations-drawer.tsx';
import { Loading } from './loading.tsx';
import { ConnectionBanner } from './connection-banner.tsx';
import { ConsoleMasthead } from './masthead.tsx';
import { mainId } from './main-element.ts';
import type { PageEntry } from './page-entry.ts';
import { pages } from './pages.tsx';

/** Masthead and navigation around every page. */
export function Layout() {
  return (
    <LiveProvider>
      <Frame />
    </LiveProvider>
  );
}

const narrowPx = 1200;

function Frame() {
  const say = useText();
  const { connection, status } = useLive();
  const [navigating, setNavigating] = useState(() => innerWidth >= narrowPx);
  const [showsOperations, setShowsOperations] = useState(false);
  const stale = connection !== 'live' || status?.store.state === 'unavailable';
  return (
    <Page
      mainContainerId={mainId}
      skipToContent={<SkipToContent href={`#${mainId}`}>{say('shell.skip')}</SkipToContent>}
      masthead={
        <ConsoleMasthead
          navigating={navigating}
          onNavigate={() => setNavigating(!navigating)}
          onOperations={() => setShowsOperations(!showsOperations)}
        />
      }
      sidebar={
        <PageSidebar isSidebarOpen={navigating}>
          <PageSidebarBody>
            <Navigation onChoice={() => innerWidth < narrowPx && setNavigating(false)} />
          </PageSidebarBody>
        </PageSidebar>
      }
      isContentFilled
    >
      <ConnectionBanner />
      <OperationsDrawer isOpen={showsOperations} onClose={() => setShowsOperations(false)}>
        <div className={stale ? 'hf-page hf-stale' : 'hf-page'} data-connection={connection}>
          <Suspense fallback={<Loading />}>
            <Outlet />
          </Suspense>
        </div>
      </OperationsDrawer>
    </Page>
  );
}

function Navigation({ onChoice }: { readonly onChoice: () => void }) {
  const say = useText();
  const { role } = useCaller();
  const { pathname } = useLocation();
  const { status } = useLive();
  const shown = pages.filter((page) => page.role === undefined || covers(role, page.role));
  const active = findActive(shown, pathname);
  const title = active ? `${say(active.title)} · ` : '';
  useEffect(() => {
    document.title = `${title}${status ? `${status.cluster} · ` : ''}Holdfast`;
  }, [title, status]);
  return (
    <Nav aria-label={say('shell.navigation')}>
      <NavList>
        {shown.map((page) => (
          <NavItem key={page.path} isActive={page === active} onClick={onChoice}>
            <Link to={page.path} aria-current={page === active ? 'page' : undefined}>
              {say(page.title)}
            </Link>
          </NavItem>
        ))}
      </NavList>
    </Nav>
  );
}

/** The page whose address is the longest beginning of this one. */
function findActive(shown: readonly PageEntry[], pathname: string): PageEntry | undefined {
  return [...shown]
    .sort((a, b) => b.path.length - a.path.length)
    .find(({ path }) => path === '/' || pathname === path || pathname.startsWith(`${path}/`));
}
