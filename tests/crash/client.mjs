// A bare HTTP client for A2A 1.0 over JSON-RPC and the native API. It tells apart the answers that
// never came (Lost), the refusals (Refused) and the server that hangs (any other error).
import http from 'node:http';

const silenceLimit = 60_000;

/** The connection ended before the answer did: nobody knows whether the request was carried out. */
export class Lost extends Error {}

/** The server answered with an error. */
export class Refused extends Error {
  constructor({ status, code, reason, message }) {
    super(`${reason ?? code ?? status}: ${message}`);
    Object.assign(this, { status, code, reason, detail: message });
  }
}

function lostUnlessSilent(error) {
  return error.silent ? error : new Lost(error.message);
}

async function bodyOf(response) {
  let text = '';
  try {
    for await (const chunk of response.setEncoding('utf8')) text += chunk;
  } catch (error) {
    throw lostUnlessSilent(error);
  }
  if (!response.complete) throw new Lost('the answer was cut');
  return text;
}

/** The events of a stream; throws Lost when it is cut, returns when the server closed it. */
async function* eventsOf(response) {
  let buffer = '';
  try {
    for await (const chunk of response.setEncoding('utf8')) {
      buffer += chunk;
      let end;
      while ((end = buffer.indexOf('\n\n')) >= 0) {
        const event = parseEvent(buffer.slice(0, end));
        buffer = buffer.slice(end + 2);
        if (event) yield event;
      }
    }
  } catch (error) {
    throw lostUnlessSilent(error);
  }
  if (!response.complete) throw new Lost('the stream was cut');
}

function parseEvent(block) {
  const event = { id: null, type: 'message', data: null };
  for (const line of block.split('\n')) {
    if (line.startsWith(':')) continue;
    const colon = line.indexOf(':');
    const name = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '');
    if (name === 'id') event.id = Number(value);
    if (name === 'event') event.type = value;
    if (name === 'data') event.data = event.data === null ? value : `${event.data}\n${value}`;
  }
  return event.data === null ? null : event;
}

function refusalOf(error, status) {
  const info = (error.data ?? []).find((detail) => detail.reason);
  return new Refused({ status, code: error.code, reason: info?.reason, message: error.message });
}

export class Client {
  #agent = new http.Agent({ keepAlive: true });
  #nextId = 0;

  constructor(port) {
    this.port = port;
  }

  close() {
    this.#agent.destroy();
  }

  #exchange(method, path, headers, body) {
    return new Promise((resolve, reject) => {
      const request = http.request({
        agent: this.#agent, host: '127.0.0.1', port: this.port, method, path, headers,
        timeout: silenceLimit,
      });
      request.on('timeout', () => {
        const error = new Error(`${method} ${path}: silent for ${silenceLimit} ms`);
        request.destroy(Object.assign(error, { silent: true }));
      });
      request.on('error', (error) => reject(lostUnlessSilent(error)));
      request.on('response', resolve);
      request.end(body);
    });
  }

  /** GET of the native API. */
  async get(path) {
    const response = await this.#exchange('GET', path, { Accept: 'application/json' });
    const text = await bodyOf(response);
    if (response.statusCode === 200) return JSON.parse(text);
    throw this.#problem(response.statusCode, text);
  }

  #problem(status, text) {
    let problem = {};
    try {
      problem = JSON.parse(text);
    } catch {
      problem.detail = text.slice(0, 200);
    }
    return new Refused({ status, reason: problem.reason, message: problem.detail });
  }

  #call(agent, method, params, headers = {}) {
    const id = ++this.#nextId;
    const body = JSON.stringify({ jsonrpc: '2.0', id, method, params });
    return this.#exchange('POST', `/a2a/default/${agent}`, {
      'A2A-Version': '1.0', 'Content-Type': 'application/json',
      'Content-Length': Buffer.byteLength(body), ...headers,
    }, body);
  }

  async #answer(response) {
    const text = await bodyOf(response);
    let answer;
    try {
      answer = JSON.parse(text);
    } catch {
      throw new Error(`HTTP ${response.statusCode} is not JSON: ${text.slice(0, 200)}`);
    }
    if (answer.error) throw refusalOf(answer.error, response.statusCode);
    if (answer.reason && !answer.result) throw this.#problem(response.statusCode, text);
    return answer.result;
  }

  /** One call: its result, or Refused. */
  async rpc(agent, method, params) {
    return this.#answer(await this.#call(agent, method, params));
  }

  /** A streaming call: items {id, result}; an error event is thrown as Refused. */
  async *rpcStream(agent, method, params, after) {
    const headers = { Accept: 'text/event-stream' };
    if (after !== undefined) headers['Last-Event-ID'] = String(after);
    const response = await this.#call(agent, method, params, headers);
    if (!response.headers['content-type']?.startsWith('text/event-stream')) {
      await this.#answer(response);
      throw new Error(`${method} answered without a stream and without an error`);
    }
    for await (const event of eventsOf(response)) {
      const data = JSON.parse(event.data);
      if (data.error) throw refusalOf(data.error, response.statusCode);
      yield { id: event.id, result: data.result };
    }
  }

  /** A native stream: items {id, type, data}. */
  async *follow(path, after) {
    const response = await this.#exchange('GET', path, {
      Accept: 'text/event-stream', 'Last-Event-ID': String(after),
    });
    if (response.statusCode !== 200) throw this.#problem(response.statusCode, await bodyOf(response));
    for await (const event of eventsOf(response)) {
      yield { id: event.id, type: event.type, data: JSON.parse(event.data) };
    }
  }
}
