export const mainId = 'content';

/** Where menus and popovers are put, so that they belong to the page for those who hear it. */
export function mainElement(): HTMLElement {
  return document.getElementById(mainId) ?? document.body;
}
