// What stands between a browser and the server: a network that can be slow, cut or lose answers.

import http from 'node:http';

export class Network {
  /** POSTs that have reached the server, by path. */
  posts = [];
  #lost = { path: null, times: 0 };
  #cut = null;
  #held = null;
  #agent = new http.Agent({ keepAlive: true });

  static async start() {
    const network = new Network();
    network.server = http.createServer((request, response) => network.#pass(request, response));
    await new Promise((resolve) => { network.server.listen(0, '127.0.0.1', resolve); });
    network.url = `http://127.0.0.1:${network.server.address().port}`;
    return network;
  }

  /** Where requests are sent on to. */
  leadTo(url) {
    this.target = new URL(url);
  }

  /** So many POSTs to paths that end so reach the server, but their answers do not come back. */
  loseAnswers(path, times) {
    this.#lost = { path, times };
  }

  /** Requests to paths that end so do not reach the server; the connection breaks. */
  cut(path) {
    this.#cut = path;
  }

  /** Keeps requests to paths that end so until the returned function is called. */
  hold(path) {
    let release;
    const released = new Promise((resolve) => { release = resolve; });
    this.#held = { path, released };
    return release;
  }

  /** Everything passes again. */
  mend() {
    this.#lost = { path: null, times: 0 };
    this.#cut = null;
    this.#held = null;
  }

  stop() {
    this.#agent.destroy();
    this.server.closeAllConnections();
    return new Promise((resolve) => { this.server.close(resolve); });
  }

  async #pass(request, response) {
    const { pathname } = new URL(request.url, this.url);
    const meets = (path) => path !== null && pathname.endsWith(path);
    if (meets(this.#cut)) {
      request.socket.destroy();
      return;
    }
    if (this.#held && meets(this.#held.path)) await this.#held.released;
    if (request.method === 'POST') this.posts.push(pathname);
    const loses = request.method === 'POST' && meets(this.#lost.path) && this.#lost.times > 0;
    if (loses) this.#lost.times -= 1;
    const onward = http.request({
      host: this.target.hostname,
      port: this.target.port,
      path: request.url,
      method: request.method,
      headers: request.headers,
      agent: this.#agent,
    }, (answer) => {
      if (loses) {
        answer.resume().on('end', () => request.socket.destroy());
        return;
      }
      response.writeHead(answer.statusCode, answer.rawHeaders);
      answer.pipe(response);
    });
    onward.on('error', () => request.socket.destroy());
    request.pipe(onward);
  }
}
