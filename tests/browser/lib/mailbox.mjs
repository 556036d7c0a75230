// A mail server that keeps what it gets, or refuses it.

import { createServer } from 'node:net';

export class Mailbox {
  /** The mails that were accepted, as they came over the wire. */
  mails = [];
  /** What is answered to the recipients with these addresses instead of accepting them. */
  refusals = new Map();

  static async start() {
    const mailbox = new Mailbox();
    mailbox.server = createServer((socket) => mailbox.#serve(socket));
    await new Promise((resolve) => { mailbox.server.listen(0, '127.0.0.1', resolve); });
    mailbox.url = `smtp://127.0.0.1:${mailbox.server.address().port}?tls=none`;
    return mailbox;
  }

  stop() {
    this.server.close();
  }

  #serve(socket) {
    let pending = '';
    let mail = null;
    socket.setEncoding('utf8');
    socket.on('error', () => {});
    socket.write('220 mail.test\r\n');
    socket.on('data', (chunk) => {
      pending += chunk;
      for (;;) {
        const end = pending.indexOf(mail === null ? '\r\n' : '\r\n.\r\n');
        if (end < 0) return;
        const text = pending.slice(0, end);
        pending = pending.slice(end + (mail === null ? 2 : 5));
        if (mail !== null) {
          this.mails.push(text);
          mail = null;
          socket.write('250 2.0.0 kept\r\n');
        } else if (text.toUpperCase() === 'DATA') {
          mail = '';
          socket.write('354 go on\r\n');
        } else {
          socket.write(`${this.#answer(text)}\r\n`);
          if (text.toUpperCase() === 'QUIT') socket.end();
        }
      }
    });
  }

  #answer(line) {
    if (/^QUIT/i.test(line)) return '221 bye';
    const recipient = line.match(/^RCPT TO:<([^>]*)>/i)?.[1];
    return this.refusals.get(recipient) ?? '250 2.1.0 fine';
  }
}
