// What is measured: where things stand, and whether they fit, from small phones to wide screens.

import assert from 'node:assert/strict';

import { audit } from './lib/audit.mjs';
import { ADA, GRACE } from './lib/browser.mjs';
import { scenario } from './lib/scenario.mjs';

const ADMIN_PAGES = [
  '/admin/authentication', '/admin/server-admins', '/admin/notifications', '/admin/activity',
  '/admin/account',
];
const WIDTHS = [320, 360, 768, 1024, 1440, 1920];

/** Runs `check` at each width, on every page. */
async function everywhere(admin, page, widths, check, pages = ADMIN_PAGES) {
  for (const path of pages) {
    await admin.open(path);
    for (const width of widths) {
      await page.setViewportSize({ width, height: width < 600 ? 740 : 900 });
      await check(`${path} at ${width} px`, width, path);
    }
  }
}

/** The words of the page with this pattern that stand on more than one line. */
const broken = (page, pattern) => page.evaluate((source) => {
  const found = [];
  const walker = document.createTreeWalker(document.querySelector('main'), NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    for (const match of node.data.matchAll(new RegExp(source, 'g'))) {
      const range = document.createRange();
      range.setStart(node, match.index);
      range.setEnd(node, match.index + match[0].length);
      const lines = new Set([...range.getClientRects()].map((rect) => Math.round(rect.top)));
      if (lines.size > 1) found.push(match[0]);
    }
  }
  return found;
}, pattern.source);

scenario('nothing scrolls sideways, and addresses do not break inside a word', { token: 'used' }, async (stage) => {
  const { admin, page, server } = stage;
  await stage.colleague();
  server.sql(`UPDATE server_admins SET email = 'katherine.johnson@example.com' WHERE email = '${GRACE.email}';`);
  await everywhere(admin, page, WIDTHS, async (where, width) => {
    const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    assert.ok(wide <= 0, `${where}: ${wide} px too wide`);
    if (width < 768) return;
    assert.deepEqual(await broken(page, /[\w.]+@[\w.]+/), [], where);
  });
});

scenario('on wide screens the logo stands over the menu', { token: 'used' }, async ({ admin, page }) => {
  await everywhere(admin, page, [1024, 1440, 1920], async (where) => {
    const [logo, menu] = await Promise.all([
      page.locator('.topbar .brand').boundingBox(), page.locator('.side ul').boundingBox(),
    ]);
    assert.ok(Math.abs(logo.x - menu.x) <= 1, `${where}: ${logo.x} and ${menu.x}`);
    const [end, main] = await Promise.all([
      page.locator('.topbar .who').boundingBox(), page.locator('main .card').first().boundingBox(),
    ]);
    assert.ok(end.x + end.width <= main.x + main.width + 1, `${where}: what stands at its end`);
  });
});

scenario('on a phone one gets to the account and sees the state at once', { token: 'used', mail: true }, async ({ admin, page }) => {
  // What has just been done is told once.
  await admin.open();
  for (const width of [320, 360]) {
    await page.setViewportSize({ width, height: 640 });
    await admin.open();
    const state = await page.locator('.sync-word').boundingBox();
    assert.ok(state.y + state.height <= 640, `${width} px: the state ends at ${state.y + state.height}`);
    const link = page.getByRole('banner').getByRole('link', { name: new RegExp(`^${ADA.name} ?, your account$`) });
    const box = await link.boundingBox();
    assert.ok(box.width >= 36 && box.height >= 36, `${width} px: ${box.width} x ${box.height}`);
    await link.click();
    await page.getByRole('heading', { name: 'Your account' }).waitFor();
  }
});

scenario('wide text spacing cuts no select', { token: 'used' }, async ({ admin, page }) => {
  await everywhere(admin, page, [320, 360, 1024], async (where) => {
    await page.evaluate(() => {
      // WCAG 2.2, 1.4.12; by the object model, which the content policy allows.
      for (const one of document.querySelectorAll('*')) {
        one.style.setProperty('letter-spacing', '0.12em', 'important');
        one.style.setProperty('word-spacing', '0.16em', 'important');
        one.style.setProperty('line-height', '1.5', 'important');
      }
    });
    const cut = await page.evaluate(() => [...document.querySelectorAll('select')].flatMap((select) => {
      const style = getComputedStyle(select);
      const probe = document.createElement('span');
      for (const name of ['fontFamily', 'fontSize', 'fontWeight', 'letterSpacing', 'wordSpacing']) probe.style[name] = style[name];
      probe.style.position = 'absolute';
      probe.style.whiteSpace = 'nowrap';
      probe.textContent = select.selectedOptions[0].textContent;
      document.body.append(probe);
      const wanted = probe.getBoundingClientRect().width;
      probe.remove();
      const room = select.clientWidth - parseFloat(style.paddingLeft) - parseFloat(style.paddingRight);
      return wanted > room ? [`${probe.textContent}: ${wanted} in ${room}`] : [];
    }));
    assert.deepEqual(cut, [], where);
    const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    assert.ok(wide <= 0, `${where}: ${wide} px too wide`);
  });
});

scenario('IPv6 addresses break at colons only', { token: 'used' }, async ({ admin, page, server }) => {
  const address = '2001:db8:1234:5678:9abc:def0:1234:5678';
  server.sql(`
    UPDATE tokens SET generated_from = '${address}', last_used_from = '${address}';
    UPDATE sessions SET address = '${address}';
    UPDATE activity SET address = '${address}' WHERE address IS NOT NULL;`);
  await everywhere(admin, page, [320, 360, 1024], async (where) => {
    assert.deepEqual(await broken(page, /[0-9a-f]{3,4}(?=:|$)/), [], where);
  }, ['/admin/authentication', '/admin/activity', '/admin/account']);
});

scenario('paper shows the name of the product and no control, and is light', {
  token: 'used', settings: { SCIMWARD_PRODUCT_NAME: 'Acme Catalog' },
}, async ({ admin, page }) => {
  for (const path of ADMIN_PAGES) {
    await admin.open(path);
    for (const colorScheme of ['light', 'dark']) {
      await page.emulateMedia({ media: 'print', colorScheme });
      const where = `${path}, ${colorScheme}`;
      await page.getByText('Acme Catalog · Admin Settings', { exact: true }).waitFor();
      for (const role of ['button', 'textbox', 'combobox', 'searchbox']) {
        const shown = await page.getByRole(role).filter({ visible: true }).count();
        assert.equal(shown, 0, `${where}: ${role}`);
      }
      const dark = await page.evaluate(() => {
        const light = (colour) => colour.match(/[\d.]+/g).slice(0, 3).reduce((sum, part) => sum + Number(part), 0);
        const paper = [document.body, ...document.querySelectorAll('main .card')]
          .filter((one) => light(getComputedStyle(one).backgroundColor) < 3 * 240);
        const ink = [...document.querySelectorAll('main p, main h1, main h2, main dd, main td')]
          .filter((one) => light(getComputedStyle(one).color) > 3 * 150);
        return [...paper, ...ink].map((one) => one.outerHTML.slice(0, 80));
      });
      assert.deepEqual(dark, [], where);
    }
    await page.emulateMedia({ media: 'screen', colorScheme: 'light' });
  }
});

scenario('a page that is not there keeps the menu', {}, async (stage) => {
  const { admin, page } = stage;
  admin.expect(/status of 4\d\d/);
  for (const path of ['/admin/nowhere', '/admin/server-admins/9999', '/admin/activity?kind=nonsense']) {
    await admin.open(path);
    await page.getByText('Nothing was changed.').waitFor();
    await page.getByRole('navigation', { name: 'Admin Settings' }).getByRole('link', { name: 'Activity' }).waitFor();
    await page.getByRole('button', { name: 'Log out' }).waitFor();
    await audit(page);
  }
  const guest = await stage.visitor();
  guest.expect(/status of 404/);
  await guest.open('/nowhere');
  assert.equal(await guest.page.getByRole('navigation').count(), 0);
});
