// A test with a server, a browser and a Server Admin who is signed in.

import http from 'node:http';
import test, { after } from 'node:test';

import { ADA, GRACE, Visitor, launch } from './browser.mjs';
import { Mailbox } from './mailbox.mjs';
import { Network } from './network.mjs';
import { Receiver } from './receiver.mjs';
import { Server } from './server.mjs';

let shared = null;
after(async () => (await shared)?.close());

/** A test that hangs fails, in milliseconds: the others still tell what they find. */
const LONGEST = 180_000;

/**
 * Declares a test. Options:
 * - `at`, `settings`: clock and settings of the server;
 * - `host`: the name by which browsers reach the server, instead of an address;
 * - `mail`: there is a mail server;
 * - `receivers`: there are so many receivers of webhooks, and `settings` makes settings of their hosts;
 * - `network`: puts a network that can fail between browser and server;
 * - `token`: `unused` or `used`: there is a live token;
 * - `nobody`: the set-up link was not used yet;
 * - `demo`: the server is the demo, with the data that it makes up;
 * - `as`: Playwright's options for the admin's browser profile;
 * - `launch`: Playwright's options for a browser of the test's own.
 */
export function scenario(name, options, body) {
  test(name, { timeout: LONGEST }, async () => {
    const stage = new Stage(options);
    try {
      await stage.raise();
      await body(stage);
      for (const visitor of stage.visitors) await visitor.mustBeQuiet();
    } finally {
      await stage.strike();
    }
  });
}

class Stage {
  visitors = [];
  receivers = [];
  #options;
  #own = null;
  #site = null;

  constructor(options) {
    this.#options = options;
  }

  async raise() {
    const { at, network, mail, token, nobody, demo, as, host, receivers = 0 } = this.#options;
    if (network) this.network = await Network.start();
    if (mail) this.mailbox = await Mailbox.start();
    while (this.receivers.length < receivers) this.receivers.push(await Receiver.start());
    const settings = { ...this.#settings(), SCIMWARD_SMTP_URL: this.mailbox?.url ?? '', SCIMWARD_MAIL_FROM: 'scim@example.com' };
    this.server = demo
      ? await Server.demo({ at })
      : await Server.start({ at, settings, url: this.network?.url, host });
    this.network?.leadTo(this.server.direct);
    this.admin = await this.visitor(as);
    this.page = this.admin.page;
    if (nobody) return;
    if (demo) {
      await this.admin.logIn(ADA);
      return;
    }
    await this.admin.setUp(ADA);
    if (token) this.token = await this.admin.generate();
    if (token === 'used') await this.server.use(this.token);
    if (this.network) this.network.posts.length = 0;
  }

  /** Somebody who is not signed in, with a browser profile of their own. */
  async visitor(options = {}) {
    const visitor = await Visitor.arrive(await this.#browser(), this.server, options);
    this.visitors.push(visitor);
    return visitor;
  }

  /** A second Server Admin, signed in. */
  async colleague(person = GRACE) {
    const { email, name, password } = person;
    await this.server.command(
      ['admin', 'add', '--email', email, '--name', name, '--password-stdin'], `${password}\n`,
    );
    const visitor = await this.visitor();
    await visitor.logIn(person);
    return visitor;
  }

  /** The address of another site, which serves this page. */
  async elsewhere(html) {
    this.#site = http.createServer((_, answer) => {
      answer.setHeader('content-type', 'text/html; charset=utf-8');
      answer.end(`<!DOCTYPE html><html lang="en"><head><title>Elsewhere</title></head><body>${html}</body></html>`);
    });
    await new Promise((resolve) => { this.#site.listen(0, '127.0.0.1', resolve); });
    // Another name for this machine is another site to a browser.
    return `http://localhost:${this.#site.address().port}/`;
  }

  #settings() {
    const { settings } = this.#options;
    return typeof settings === 'function' ? settings(this.receivers.map(({ host }) => host)) : settings;
  }

  #browser() {
    if (!this.#options.launch) {
      shared ??= launch();
      return shared;
    }
    this.#own ??= launch(this.#options.launch);
    return this.#own;
  }

  async strike() {
    for (const visitor of this.visitors) await visitor.close();
    await (await this.#own)?.close();
    await this.server?.stop();
    await this.network?.stop();
    this.mailbox?.stop();
    for (const receiver of this.receivers) receiver.stop();
    this.#site?.close();
    this.#site?.closeAllConnections();
  }
}
