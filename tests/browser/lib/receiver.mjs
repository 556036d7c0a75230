// The receiver of a webhook: keeps what it is told, and answers as it is asked to.

import { createServer } from 'node:http';

export class Receiver {
  /** The bodies that arrived. */
  told = [];
  /** Status and body of every answer. */
  answer = [200, 'ok'];

  static async start() {
    const receiver = new Receiver();
    receiver.server = createServer((request, answer) => {
      let body = '';
      request.on('data', (chunk) => { body += chunk; });
      request.on('end', () => {
        receiver.told.push(JSON.parse(body));
        const [status, text] = receiver.answer;
        answer.writeHead(status, { Connection: 'close' });
        answer.end(text);
      });
    });
    await new Promise((resolve) => { receiver.server.listen(0, '127.0.0.1', resolve); });
    receiver.host = `127.0.0.1:${receiver.server.address().port}`;
    return receiver;
  }

  stop() {
    this.server.close();
    this.server.closeAllConnections();
  }
}
