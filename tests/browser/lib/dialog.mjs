// What people see and do in the dialog that shows a token once.

import assert from 'node:assert/strict';

/** The field that holds the token. */
export const SECRET = '#token-dialog [data-el=secret]';

/** The button that begins it all, by its name. */
export const generateButton = (page) => page.getByRole('button', { name: 'Generate Token' });

/** A button of the dialog, by its name. */
export const button = (page, name) => (
  page.getByRole('dialog').getByRole('button', { name, exact: true })
);

/** The dialog's step that is visible; nothing if the dialog is closed. */
export function step(page) {
  return page.evaluate(() => {
    const dialog = document.getElementById('token-dialog');
    if (!dialog?.open) return null;
    return [...dialog.querySelectorAll('[data-step]')].find((one) => !one.hidden)?.dataset.step;
  });
}

/** Waits until the dialog has come to a step. */
export async function reaches(page, name) {
  const is = (wanted) => {
    const dialog = document.getElementById('token-dialog');
    const visible = [...dialog.querySelectorAll('[data-step]')].find((one) => !one.hidden);
    return dialog.open && visible?.dataset.step === wanted;
  };
  try {
    await page.waitForFunction(is, name);
  } catch (error) {
    assert.equal(await step(page), name, error.message);
  }
}

/** Waits until the dialog shows a token and returns it. */
export async function shownToken(visitor, page = visitor.page) {
  await reaches(page, 'token');
  const token = await page.inputValue(SECRET);
  assert.match(token, /^scimw_[0-9A-Za-z]{57}$/);
  visitor.server.secrets.add(token);
  return token;
}

/** Clicks through to a token, confirming if the page asks. */
export async function generate(visitor, page = visitor.page) {
  await generateButton(page).click();
  await page.waitForFunction(() => document.getElementById('token-dialog').open);
  if (await step(page) === 'confirm') await button(page, 'Revoke and generate').click();
  return shownToken(visitor, page);
}

/** Waits until the element with the focus matches a selector. */
export async function focusIsOn(page, selector) {
  const has = (wanted) => document.activeElement?.matches(wanted);
  try {
    await page.waitForFunction(has, selector);
  } catch {
    const focused = await page.evaluate(() => document.activeElement?.outerHTML.slice(0, 200));
    assert.fail(`the focus is not on ${selector} but on ${focused}`);
  }
}

/** Waits until everything that was begun by input has been painted. */
export function settled(page) {
  return page.evaluate(() => new Promise((resolve) => {
    requestAnimationFrame(() => requestAnimationFrame(resolve));
  }));
}

/** Fails if a token is left anywhere in a page or in what the browser keeps for it. */
export async function mustBeForgotten(page, token) {
  const kept = await page.evaluate(async () => {
    const fields = [...document.querySelectorAll('input, textarea')].map((field) => field.value);
    const databases = await indexedDB.databases();
    const caches = await globalThis.caches?.keys() ?? [];
    return JSON.stringify([
      document.documentElement.outerHTML, document.cookie, location.href, history.state, fields,
      { ...localStorage }, { ...sessionStorage }, databases, caches, globalThis.name,
      performance.getEntries(),
    ]);
  });
  assert.ok(!kept.includes(token.slice(14)), 'the page still holds the token');
  const cookies = JSON.stringify(await page.context().cookies());
  assert.ok(!cookies.includes(token.slice(14)), 'a cookie holds the token');
}

/** What is on the clipboard: our pages may not read it, so a page of the test's own does. */
export async function clipboard(page) {
  const paper = await page.context().newPage();
  await paper.setContent('<textarea></textarea>');
  await paper.locator('textarea').focus();
  await paper.keyboard.press('Control+v');
  const text = await paper.locator('textarea').inputValue();
  await paper.close();
  await page.bringToFront();
  return text;
}
