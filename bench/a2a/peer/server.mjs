// The peer: an agent that echoes a message as one artifact, served by the official SDK on Express
// with its in-memory task store, as the SDK's samples do it.
//   node server.mjs PORT [--legacy]    --legacy also speaks A2A 0.3
import { randomUUID } from 'node:crypto';
import { TaskState } from '@a2a-js/sdk';
import { AgentEvent, DefaultRequestHandler, InMemoryTaskStore } from '@a2a-js/sdk/server';
import { jsonRpcHandler, UserBuilder } from '@a2a-js/sdk/server/express';
import express from 'express';

const port = Number(process.argv[2] ?? 0);
const legacy = process.argv.includes('--legacy');
const url = `http://127.0.0.1:${port}/`;

const endpoint = (protocolVersion) => ({ url, protocolBinding: 'JSONRPC', tenant: '', protocolVersion });
const card = {
  name: 'Echo',
  description: 'Echoes a message as one artifact',
  supportedInterfaces: legacy ? [endpoint('1.0'), endpoint('0.3')] : [endpoint('1.0')],
  provider: undefined,
  version: '1.0.0',
  capabilities: { streaming: true, pushNotifications: false, extensions: [] },
  securitySchemes: {},
  securityRequirements: [],
  defaultInputModes: ['text/plain'],
  defaultOutputModes: ['text/plain'],
  skills: [],
  signatures: [],
};

const textOf = (message) =>
  message.parts.map((part) => (part.content?.$case === 'text' ? part.content.value : '')).join('');

const status = (state) => ({ state, message: undefined, timestamp: new Date().toISOString() });

class Echo {
  async execute({ taskId, contextId, userMessage }, bus) {
    bus.publish(AgentEvent.task({
      id: taskId, contextId, status: status(TaskState.TASK_STATE_SUBMITTED),
      artifacts: [], history: [userMessage], metadata: undefined,
    }));
    bus.publish(AgentEvent.artifactUpdate({
      taskId, contextId, append: false, lastChunk: true, metadata: undefined,
      artifact: {
        artifactId: randomUUID(), name: 'echo', description: '', metadata: undefined, extensions: [],
        parts: [{
          content: { $case: 'text', value: textOf(userMessage) },
          metadata: undefined, filename: '', mediaType: '',
        }],
      },
    }));
    bus.publish(AgentEvent.statusUpdate({
      taskId, contextId, status: status(TaskState.TASK_STATE_COMPLETED), metadata: undefined,
    }));
    bus.finished();
  }

  async cancelTask() {}
}

const app = express();
app.use(jsonRpcHandler({
  requestHandler: new DefaultRequestHandler(card, new InMemoryTaskStore(), new Echo()),
  userBuilder: UserBuilder.noAuthentication,
  legacyCompat: { enabled: legacy },
}));
const server = app.listen(port, '127.0.0.1', () => {
  console.log(`peer listening on http://127.0.0.1:${server.address().port}`);
});
