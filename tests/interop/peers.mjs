// Agents served by the official JavaScript SDKs with Express, 1.x and 0.3 line, as peers of our
// client. What an agent does its message says: `echo TEXT`, `chunks TEXT` (one artifact, letter by
// letter), `reply TEXT` (a bare message), `ask TEXT` (waits for an answer), `fail`.
import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import express from 'express';
import * as old from 'a2a-sdk-0.3/server';
import * as oldExpress from 'a2a-sdk-0.3/server/express';
import * as modern from 'a2a-sdk-1/server';
import * as modernExpress from 'a2a-sdk-1/server/express';

const pause = (ms) => new Promise((resolve) => { setTimeout(resolve, ms); });

/** How events are spelled in memory by each line of the SDK. */
const spellings = {
  '0.3': {
    textOf: (message) => message.parts.map((part) => part.text ?? '').join(''),
    message: (text, ids) => ({ kind: 'message', messageId: randomUUID(), role: 'agent', parts: [{ kind: 'text', text }], ...ids }),
    task: (state, ids, history) => ({ kind: 'task', id: ids.taskId, contextId: ids.contextId, status: { state }, history, artifacts: [] }),
    known: (task) => task,
    status: (state, ids, message) => ({ kind: 'status-update', ...ids, status: { state, message, timestamp: new Date().toISOString() }, final: state !== 'working' }),
    artifact: (text, ids, append) => ({ kind: 'artifact-update', ...ids, append, artifact: { artifactId: 'a', parts: [{ kind: 'text', text }] } }),
  },
  '1.0': {
    states: { submitted: 1, working: 2, completed: 3, failed: 4, canceled: 5, 'input-required': 6 },
    textOf: (message) => message.parts.map((part) => part.content?.value ?? '').join(''),
    message(text, ids) {
      const parts = [{ content: { $case: 'text', value: text }, metadata: undefined, filename: '', mediaType: '' }];
      const inner = { messageId: randomUUID(), role: 2, parts, extensions: [], referenceTaskIds: [], metadata: undefined, ...ids };
      return modern.AgentEvent.message(inner);
    },
    task(state, ids, history) {
      return modern.AgentEvent.task({ id: ids.taskId, contextId: ids.contextId, history, artifacts: [], metadata: undefined,
        status: { state: this.states[state], message: undefined, timestamp: undefined } });
    },
    known: (task) => modern.AgentEvent.task(task),
    status(state, ids, message) {
      return modern.AgentEvent.statusUpdate({ ...ids, metadata: undefined,
        status: { state: this.states[state], message: message?.data, timestamp: new Date().toISOString() } });
    },
    artifact(text, ids, append) {
      const parts = [{ content: { $case: 'text', value: text }, metadata: undefined, filename: '', mediaType: '' }];
      return modern.AgentEvent.artifactUpdate({ ...ids, append, lastChunk: false, metadata: undefined,
        artifact: { artifactId: 'a', name: '', description: '', parts, extensions: [], metadata: undefined } });
    },
  },
};

class Executor {
  constructor(spelling, log) {
    this.spelling = spelling;
    this.log = log;
  }

  async execute(context, bus) {
    const { spelling } = this;
    const ids = { taskId: context.taskId, contextId: context.contextId };
    const [verb, ...rest] = spelling.textOf(context.userMessage).split(' ');
    const text = rest.join(' ');
    this.log.executed.push(context.userMessage.messageId);
    if (verb === 'reply') {
      bus.publish(spelling.message(text, { contextId: ids.contextId }));
      return bus.finished();
    }
    if (!context.task) bus.publish(spelling.task('submitted', ids, [context.userMessage]));
    else bus.publish(spelling.known(context.task)); // a stream begins with the task
    bus.publish(spelling.status('working', ids));
    if (verb === 'ask') {
      bus.publish(spelling.status('input-required', ids, spelling.message(text, ids)));
      return bus.finished();
    }
    const pieces = verb === 'chunks' ? [...text] : [text];
    for (const [i, piece] of pieces.entries()) {
      if (verb === 'chunks') await pause(40);
      bus.publish(spelling.artifact(piece, ids, i > 0));
    }
    if (verb === 'slow') await pause(1200);
    bus.publish(spelling.status(verb === 'fail' ? 'failed' : 'completed', ids));
    return bus.finished();
  }

  async cancelTask(taskId, bus) {
    bus.finished();
  }
}

/** Cuts answers on the way out: `plan(request, answer)` may set `cutAfterEvents` or `lose`. */
function cutter(log) {
  return (request, response, next) => {
    log.requests.push(`${request.method} ${request.path} ${request.body?.method ?? ''}`.trim());
    const plan = log.plan?.(request) ?? {};
    if (plan.lose) {
      response.end = () => { response.socket?.destroy(); return response; };
      response.write = () => true;
    } else if (plan.cutAfterEvents !== undefined) {
      let events = 0;
      const { write } = response;
      response.write = function cutting(piece, ...more) {
        events += String(piece).split('data:').length - 1;
        const done = write.call(this, piece, ...more);
        if (events >= plan.cutAfterEvents) setImmediate(() => response.socket?.destroy());
        return done;
      };
    }
    next();
  };
}

const facts = { name: 'Peer', description: 'An agent of another house', version: '1.0.0', defaultInputModes: ['text/plain'],
  defaultOutputModes: ['text/plain'], skills: [{ id: 's', name: 'S', description: 'd', tags: ['t'] }] };

function modernCard(url, options) {
  const compat = options.compat ? ['1.0', '0.3'] : ['1.0'];
  const interfaces = options.bindings.flatMap((binding) => compat.map((protocolVersion) => (
    { url: url + (binding === 'JSONRPC' ? '/rpc' : '/rest'), protocolBinding: binding, protocolVersion, tenant: '' })));
  return { ...facts, supportedInterfaces: interfaces, provider: undefined, documentationUrl: '', securitySchemes: {}, securityRequirements: [],
    signatures: [], iconUrl: '', capabilities: { streaming: options.streaming, pushNotifications: false, extensions: [], extendedAgentCard: false },
    skills: facts.skills.map((skill) => ({ ...skill, examples: [], inputModes: [], outputModes: [], securityRequirements: [] })) };
}

function oldCard(url, options) {
  const interfaces = options.bindings.map((transport) => ({ transport, url: url + (transport === 'JSONRPC' ? '/rpc' : '/rest') }));
  return { ...facts, protocolVersion: '0.3.0', url: interfaces[0].url, preferredTransport: interfaces[0].transport,
    additionalInterfaces: interfaces, capabilities: { streaming: options.streaming, pushNotifications: false } };
}

/** A running peer: `line` '1.0' or '0.3', `bindings` in the card's order. */
export async function startPeer({ line, bindings = ['JSONRPC', 'HTTP+JSON'], streaming = true, compat = false }) {
  const log = { executed: [], requests: [], plan: undefined };
  const app = express();
  const server = createServer(app);
  await new Promise((resolve) => { server.listen(0, '127.0.0.1', resolve); });
  const url = `http://127.0.0.1:${server.address().port}`;
  const options = { bindings, streaming, compat };
  const executor = new Executor(spellings[line], log);
  const [sdk, web] = line === '1.0' ? [modern, modernExpress] : [old, oldExpress];
  const card = line === '1.0' ? modernCard(url, options) : oldCard(url, options);
  const requestHandler = new sdk.DefaultRequestHandler(card, new sdk.InMemoryTaskStore(), executor);
  const common = { requestHandler, userBuilder: web.UserBuilder.noAuthentication, legacyCompat: { enabled: compat } };
  app.use('/.well-known/agent-card.json', web.agentCardHandler({ agentCardProvider: requestHandler, legacyCompat: { enabled: compat } }));
  app.use(express.json({ type: ['application/json', 'application/a2a+json'] }));
  app.use(cutter(log));
  app.use('/rpc', web.jsonRpcHandler(common));
  app.use('/rest', web.restHandler(common));
  return {
    url, log,
    stop: () => new Promise((resolve) => { server.close(resolve); server.closeAllConnections(); }),
  };
}
