// Back, forward, refresh, other tabs, other people's cookies: a token is displayed once, ever.

import assert from 'node:assert/strict';

import {
  SECRET, button, focusIsOn, generate, generateButton, mustBeForgotten, shownToken, step,
} from './lib/dialog.mjs';
import { scenario } from './lib/scenario.mjs';

const tokens = (server) => Number(server.sql('SELECT count(*) FROM tokens;'));
const CLIPBOARD = { permissions: ['clipboard-read', 'clipboard-write'] };
// Playwright turns the back/forward cache off; people have it on.
const WITH_CACHE = { ignoreDefaultArgs: ['--disable-back-forward-cache'] };

/** Leaves a page although it holds a token that was not copied. */
const leaveAnyway = (page) => page.on('dialog', (dialog) => dialog.accept());

for (const [how, options] of [['on', WITH_CACHE], ['off', null]]) {
  scenario(`back and forward never show the token again (back/forward cache ${how})`, {
    launch: options, token: 'unused',
  }, async ({ admin, page, server }) => {
    leaveAnyway(page);
    await admin.open('/admin/authentication/revoke');
    await admin.open();
    const token = await generate(admin);
    const before = tokens(server);

    await page.goBack();
    await page.getByRole('heading', { name: /Revoke the token/ }).waitFor();
    await mustBeForgotten(page, token);
    await page.goForward();
    await generateButton(page).waitFor();

    assert.equal(await step(page), null);
    assert.equal(await page.inputValue(SECRET), '');
    await mustBeForgotten(page, token);
    await page.locator('.facts').filter({ hasText: token.slice(6, 14) }).waitFor();
    await page.reload();
    await mustBeForgotten(page, token);
    assert.equal(tokens(server), before, 'nothing was generated on the way');
  });
}

scenario('after Close neither back nor forward shows the token (back/forward cache on)', {
  launch: WITH_CACHE, as: CLIPBOARD,
}, async ({ admin, page }) => {
  await admin.open('/login');
  const token = await generate(admin);
  await button(page, 'Copy').click();
  await focusIsOn(page, '[data-el=close]');
  await button(page, 'Close').click();
  await page.getByRole('status').filter({ hasText: 'New SCIM token generated.' }).waitFor();

  await admin.open('/admin/authentication/revoke');
  await page.goBack();
  await generateButton(page).waitFor();

  assert.equal(await step(page), null);
  await mustBeForgotten(page, token);
});

scenario('refreshing with the token on display shows it no more and makes no other', {}, async ({ admin, page, server }) => {
  leaveAnyway(page);
  await admin.open();
  const token = await generate(admin);

  await page.reload();

  assert.equal(await step(page), null);
  await mustBeForgotten(page, token);
  await page.locator('.facts').filter({ hasText: token.slice(6, 14) }).waitFor();
  assert.equal(tokens(server), 1);
});

scenario('a second tab, a copied tab and a repeated POST do not show the token', {}, async ({ admin, page, server }) => {
  await admin.open();
  const fields = await page.evaluate(() => (
    Object.fromEntries(new FormData(document.querySelector('form[data-token-form]')))
  ));
  const token = await generate(admin);

  const other = await admin.context.newPage();
  await admin.open('/admin/authentication', other);
  await mustBeForgotten(other, token);
  await admin.open(page.url(), other);
  await mustBeForgotten(other, token);
  for (const headers of [{ Accept: 'application/json' }, { Accept: 'text/html' }]) {
    const answer = await admin.post(fields, headers);
    assert.ok(!(await answer.text()).includes(token.slice(14)));
    assert.equal(answer.status(), headers.Accept === 'text/html' ? 303 : 409);
  }

  assert.equal(tokens(server), 1);
  assert.equal(await page.inputValue(SECRET), token, 'the first tab still shows it');
});

scenario('the session ends while the token is on display: it stays until Close, then comes the login', {
  at: '2026-11-22 10:00:00', as: CLIPBOARD,
}, async ({ admin, page, server }) => {
  await admin.open();
  const token = await generate(admin);
  server.setClock('2026-11-22 10:31:00');

  await button(page, 'Copy').click();
  await focusIsOn(page, '[data-el=close]');
  assert.equal(await page.inputValue(SECRET), token);
  await button(page, 'Close').click();

  await page.getByRole('heading', { name: 'Log in to Admin Settings' }).waitFor();
  await page.getByText('Your session has ended.').waitFor();
  await mustBeForgotten(page, token);
});

scenario('the page of another admin never holds the token', {}, async (stage) => {
  const grace = await stage.colleague();
  await stage.admin.open();
  await grace.open();
  const token = await generate(stage.admin);

  await grace.page.reload();

  await grace.page.locator('.facts').filter({ hasText: token.slice(6, 14) }).waitFor();
  await mustBeForgotten(grace.page, token);
});

scenario('every answer behind the login, and every one with a token, is not to be stored', {}, async ({ admin, page }) => {
  const answers = [];
  page.on('response', (answer) => {
    if (answer.url().includes('/admin/')) answers.push(answer);
  });
  await admin.open();
  await generateButton(page).click();
  await shownToken(admin);

  assert.deepEqual(answers.map((answer) => answer.request().method()), ['GET', 'POST']);
  for (const answer of answers) {
    const headers = await answer.allHeaders();
    assert.equal(headers['cache-control'], 'no-store');
    assert.equal(headers.pragma, 'no-cache');
    assert.equal(headers['referrer-policy'], 'no-referrer');
    assert.equal(headers['x-content-type-options'], 'nosniff');
    assert.equal(headers['cross-origin-opener-policy'], 'same-origin');
  }
  assert.match((await answers[1].allHeaders())['set-cookie'] ?? '', /HttpOnly/);
});

scenario('after logging out, back shows nothing and a stolen cookie is worth nothing', {
  launch: WITH_CACHE, token: 'used',
}, async (stage) => {
  const { admin, page, token } = stage;
  await admin.open();
  const thief = await stage.visitor();
  await thief.context.addCookies(await admin.context.cookies());
  await thief.open();
  await thief.page.getByRole('heading', { name: 'Authentication' }).waitFor();

  await page.getByRole('button', { name: 'Log out' }).click();
  await page.getByRole('heading', { name: 'Log in to Admin Settings' }).waitFor();

  await thief.page.reload();
  await thief.page.getByRole('heading', { name: 'Log in to Admin Settings' }).waitFor();
  const answer = await thief.post({ request_id: 'x'.repeat(22), replaces: token.slice(6, 14) });
  assert.equal(answer.status(), 401);
  await page.goBack();
  await page.getByRole('heading', { name: 'Log in to Admin Settings' }).waitFor();
  assert.ok(!(await page.content()).includes(token.slice(6, 14)));
});

scenario('a cookie from before the login is not the one after it', { token: 'unused' }, async ({ admin }) => {
  const cookie = async () => (await admin.context.cookies()).find((one) => one.name === 'scimward');
  const before = await cookie();

  await admin.logIn();

  const after = await cookie();
  assert.notEqual(before.value, after.value);
  assert.deepEqual([after.httpOnly, after.sameSite, after.path], [true, 'Lax', '/']);
  await admin.context.addCookies([before]);
  const answer = await admin.context.request.get('/admin/authentication', { maxRedirects: 0 });
  assert.equal(answer.status(), 303, 'the session from before the login has ended');
});
