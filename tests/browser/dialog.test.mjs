// The dialog that generates a token and shows it once: what people do, and what must never happen.

import assert from 'node:assert/strict';

import { audit } from './lib/audit.mjs';
import { SECRET, button, clipboard, focusIsOn, generate, generateButton, mustBeForgotten, reaches, settled, shownToken, step } from './lib/dialog.mjs';
import { scenario } from './lib/scenario.mjs';

const CLIPBOARD = { permissions: ['clipboard-read', 'clipboard-write'] };
const announced = (page, text) => page.waitForFunction(
  (wanted) => document.querySelector('#token-dialog [role=status]').textContent === wanted, text,
);

/** A clipboard that refuses, by every way there is. */
const refuseCopying = () => {
  const refuse = () => Promise.reject(new DOMException('denied', 'NotAllowedError'));
  Object.defineProperty(navigator, 'clipboard', { value: { writeText: refuse } });
  document.execCommand = () => false;
};

scenario('the first token is shown at once, without a question', {}, async ({ admin, page, server }) => {
  await admin.open();

  await generateButton(page).click();

  const token = await shownToken(admin);
  await page.getByRole('dialog', { name: 'New SCIM token' }).waitFor();
  await focusIsOn(page, '[data-el=copy]');
  await announced(page, 'New token generated. Copy it now. It will never be displayed again.');
  assert.equal(await page.textContent('[data-el=token-id]'), token.slice(6, 14));
  assert.match(await page.textContent('[data-el=expires]'), /^\d{1,2} \w{3} \d{4}, \d\d:\d\d UTC$/);
  assert.equal(await server.present(token), 200);
  assert.equal(server.sql('SELECT count(*) FROM tokens;'), '1');
});

scenario('each lifespan carries its date, and the chosen one is used', {
  at: '2026-08-31 10:00:00',
}, async ({ admin, page, server }) => {
  await admin.open();
  const select = page.getByLabel('Token lifespan');
  assert.deepEqual(await select.locator('option').allTextContents(), [
    '1 month (until 30 Sep 2026)', '2 months (until 31 Oct 2026)', '3 months (until 30 Nov 2026)',
    '4 months (until 31 Dec 2026)', '5 months (until 31 Jan 2027)', '6 months (until 28 Feb 2027)',
  ]);
  assert.equal(await select.inputValue(), '6');

  await select.selectOption('1');
  await generate(admin);

  assert.equal(await page.textContent('[data-el=expires]'), '30 Sep 2026, 10:00 UTC');
  assert.equal(await server.command(['token', 'expiry']), '2026-09-30T10:00:00Z');
});

scenario('a token that is in use is replaced only after a question', {
  network: true, token: 'used',
}, async ({ admin, page, network, server, token }) => {
  await admin.open();

  await generateButton(page).click();
  await reaches(page, 'confirm');
  await page.getByRole('dialog', { name: 'Replace the current token?' }).waitFor();
  await focusIsOn(page, '[data-act=cancel]');
  assert.match(await page.textContent('#token-dialog [data-step=confirm]'), new RegExp(token.slice(6, 14)));
  await page.keyboard.press('Escape');
  assert.equal(await step(page), null);
  await focusIsOn(page, 'button[form=generate]');
  await generateButton(page).click();
  await button(page, 'Cancel').click();
  assert.equal(await step(page), null);
  assert.deepEqual(network.posts, [], 'cancelling sends nothing');
  assert.equal(await server.present(token), 200);

  const release = network.hold('/scim-token');
  await generateButton(page).click();
  await button(page, 'Revoke and generate').click();
  await reaches(page, 'working');
  await page.keyboard.press('Escape');
  await page.keyboard.press('Escape');
  await settled(page);
  assert.equal(await step(page), 'working', 'a request in flight cannot be abandoned');
  release();

  const next = await shownToken(admin);
  assert.equal(await server.present(token), 401, 'the old token is dead once the new one is shown');
  assert.equal(await server.present(next), 200);
  assert.equal(network.posts.length, 1);
});

scenario('a token that was never used is replaced without a question', {
  token: 'unused',
}, async ({ admin, page, server, token }) => {
  await admin.open();

  await generateButton(page).click();

  const next = await shownToken(admin);
  assert.deepEqual([await server.present(token), await server.present(next)], [401, 200]);
});

scenario('a token that was not copied cannot be closed by accident', {}, async ({ admin, page }) => {
  await admin.open();
  const token = await generate(admin);
  const stillThere = async (name) => {
    await reaches(page, name);
    assert.equal(await page.inputValue(SECRET), token);
  };

  await page.keyboard.press('Escape');
  await stillThere('unsaved');
  await page.getByRole('dialog', { name: 'Close without copying?' }).waitFor();
  await focusIsOn(page, '[data-act=back]');
  await page.keyboard.press('Escape');
  await stillThere('token');
  await focusIsOn(page, '[data-el=copy]');

  for (let times = 0; times < 7; times += 1) await page.keyboard.press('Escape');
  await settled(page);
  await stillThere('unsaved');
  await button(page, 'Back to the token').click();

  await page.evaluate(() => document.getElementById('token-dialog').close());
  await stillThere('unsaved');
  await button(page, 'Back to the token').click();

  await page.mouse.click(10, 600);
  await page.mouse.dblclick(1270, 10);
  await settled(page);
  await stillThere('token');

  await button(page, 'Close').click();
  await stillThere('unsaved');
});

scenario('a token that was not copied can be given up on purpose', {}, async ({ admin, page }) => {
  await admin.open();
  const token = await generate(admin);

  await button(page, 'Close').click();
  await button(page, 'Close without copying').click();

  const notice = page.locator('.notice-attention').filter({ hasText: 'The window was closed before the new token was copied' });
  await notice.waitFor();
  assert.equal(await page.getByText('New SCIM token generated.').count(), 0);
  assert.equal(await step(page), null);
  await mustBeForgotten(page, token);
  await page.reload();
  await notice.waitFor();
});

scenario('Tab never leaves the dialog', {}, async ({ admin, page }) => {
  await admin.open();
  await generate(admin);

  const visited = new Set();
  for (let times = 0; times < 14; times += 1) {
    await page.keyboard.press(times < 10 ? 'Tab' : 'Shift+Tab');
    visited.add(await page.evaluate(() => {
      const focused = document.activeElement;
      if (focused === document.body) return 'the browser';
      return focused.closest('#token-dialog') ? focused.textContent.trim() : focused.outerHTML;
    }));
  }

  const known = ['Copy', 'Copy as header value', 'Close', '', 'the browser'];
  assert.deepEqual([...visited].filter((one) => !known.includes(one)), []);
  assert.ok(visited.has('Copy') && visited.has('Close'));
});

scenario('Copy copies the exact token, then Close forgets it', {
  as: CLIPBOARD,
}, async ({ admin, page }) => {
  await admin.open();
  const token = await generate(admin);
  assert.match(await page.textContent('[data-el=copy-state]'), /Not copied yet/);

  await button(page, 'Copy').click();

  await focusIsOn(page, '[data-el=close]');
  assert.equal(await clipboard(page), token);
  assert.match(await page.textContent('[data-el=copy-state]'), /Token copied/);
  await announced(page, 'Token copied. Save the token in a secure location, then close this window.');
  const primary = await page.locator('#token-dialog [data-step=token] .btn-primary').allTextContents();
  assert.deepEqual(primary.map((text) => text.trim()), ['Close']);

  await button(page, 'Close').click();

  const notice = page.getByRole('status').filter({ hasText: 'New SCIM token generated.' });
  await notice.waitFor();
  await focusIsOn(page, '[role=status][tabindex]');
  assert.match(await notice.textContent(), /It expires on \d{1,2} \w{3} \d{4}, \d\d:\d\d UTC\./);
  assert.equal(await step(page), null);
  await mustBeForgotten(page, token);
  await page.reload();
  assert.equal(await notice.count(), 0, 'the notice is shown once');
  assert.equal(await page.evaluate(() => document.activeElement === document.body), true);
});

scenario('Copy as header value puts "Bearer " in front', {
  as: CLIPBOARD,
}, async ({ admin, page }) => {
  await admin.open();
  const token = await generate(admin);

  await button(page, 'Copy as header value').click();

  await focusIsOn(page, '[data-el=close]');
  assert.equal(await clipboard(page), `Bearer ${token}`);
  assert.match(await page.textContent('[data-el=copy-state]'), /Header value copied/);
  await page.keyboard.press('Escape');
  await page.getByRole('status').filter({ hasText: 'New SCIM token generated.' }).waitFor();
});

scenario('a blocked clipboard says what to do, and Ctrl+C counts', {}, async ({ admin, page }) => {
  await page.addInitScript(refuseCopying);
  await admin.open();
  const token = await generate(admin);

  await button(page, 'Copy').click();

  const advice = /The browser blocked copying\. The token is selected: press Ctrl\+C/;
  await page.locator('[data-el=copy-state]').filter({ hasText: advice }).waitFor();
  await focusIsOn(page, '[data-el=secret]');
  const selected = await page.evaluate((field) => {
    const { value, selectionStart, selectionEnd } = document.querySelector(field);
    return value.slice(selectionStart, selectionEnd);
  }, SECRET);
  assert.equal(selected, token);
  await page.keyboard.press('Escape');
  await reaches(page, 'unsaved');
  await button(page, 'Back to the token').click();

  await page.locator(SECRET).focus();
  await page.keyboard.press('Control+c');

  await focusIsOn(page, '[data-el=close]');
  assert.match(await page.textContent('[data-el=copy-state]'), /Token copied/);
});

scenario('copying only a part of the token does not count', { as: CLIPBOARD }, async ({ admin, page }) => {
  await admin.open();
  await generate(admin);

  await page.locator(SECRET).focus();
  await page.evaluate((field) => document.querySelector(field).setSelectionRange(0, 20), SECRET);
  await page.keyboard.press('Control+c');
  await settled(page);

  assert.match(await page.textContent('[data-el=copy-state]'), /Not copied yet/);
});

scenario('clicking many times generates one token', {
  network: true, token: 'used',
}, async ({ admin, page, network, server }) => {
  await admin.open();

  await generateButton(page).dblclick();
  await reaches(page, 'confirm');
  await page.evaluate(() => {
    const confirm = document.querySelector('[data-act=confirm]');
    for (let times = 0; times < 3; times += 1) confirm.click();
  });

  await shownToken(admin);
  assert.equal(network.posts.length, 1);
  assert.equal(server.sql('SELECT count(*) FROM tokens;'), '2');
});

scenario('a double click on Generate Token generates one first token', {
  network: true,
}, async ({ admin, page, network }) => {
  await admin.open();

  await generateButton(page).dblclick();

  await shownToken(admin);
  assert.equal(network.posts.length, 1);
});

scenario('leaving with a token that was not copied warns', { as: CLIPBOARD }, async ({ admin, page }) => {
  await admin.open();
  await generate(admin);
  let asked = 0;
  page.on('dialog', (dialog) => {
    asked += dialog.type() === 'beforeunload' ? 1 : 0;
    dialog.dismiss();
  });

  await page.close({ runBeforeUnload: true });
  await page.waitForFunction(() => true);
  await reaches(page, 'token');
  assert.equal(asked, 1);

  await button(page, 'Copy').click();
  await focusIsOn(page, '[data-el=close]');
  const closed = page.waitForEvent('close');
  await page.close({ runBeforeUnload: true });
  await closed;
  assert.equal(asked, 1, 'a copied token does not hold anybody back');
});

scenario('everything works by keyboard alone', {
  as: CLIPBOARD, token: 'used',
}, async ({ admin, page, server, token }) => {
  await admin.open();
  const tabTo = async (selector) => {
    for (let times = 0; times < 40; times += 1) {
      await page.keyboard.press('Tab');
      if (await page.evaluate((wanted) => document.activeElement.matches(wanted), selector)) return;
    }
    assert.fail(`Tab does not reach ${selector}`);
  };

  await tabTo('.skip');
  await page.keyboard.press('Enter');
  await focusIsOn(page, 'main');
  await tabTo('#months');
  await page.keyboard.press('Home');
  assert.equal(await page.inputValue('#months'), '1');
  await tabTo('button[form=generate]');
  await page.keyboard.press('Enter');
  await reaches(page, 'confirm');
  await tabTo('[data-act=confirm]');
  await page.keyboard.press('Space');
  const next = await shownToken(admin);
  await focusIsOn(page, '[data-el=copy]');
  await page.keyboard.press('Enter');
  await focusIsOn(page, '[data-el=close]');
  await page.keyboard.press('Enter');
  await page.getByRole('status').filter({ hasText: 'New SCIM token generated.' }).waitFor();

  assert.deepEqual([await server.present(token), await server.present(next)], [401, 200]);
});

scenario('Enter twice by accident destroys nothing', {
  token: 'used',
}, async ({ admin, page, server, token }) => {
  await admin.open();
  await generateButton(page).focus();

  await page.keyboard.press('Enter');
  await page.keyboard.press('Enter');
  await settled(page);

  assert.equal(await step(page), null, 'the second Enter fell on Cancel');
  assert.equal(await server.present(token), 200);
});

scenario('every step of a replacement is accessible', {
  network: true, token: 'used',
}, async ({ admin, page, network }) => {
  await admin.open();
  await generateButton(page).click();
  await reaches(page, 'confirm');
  await audit(page);
  const release = network.hold('/scim-token');
  await button(page, 'Revoke and generate').click();
  await reaches(page, 'working');
  await audit(page);
  release();
  await shownToken(admin);
  await audit(page);
  await page.keyboard.press('Escape');
  await reaches(page, 'unsaved');
  await audit(page);
});
