import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';

const server = createServer((request, response) => {
  const bulk = request.url!.endsWith('/outbound-bulk-emails');
  let body = '';
  if (bulk) request.setEncoding('utf8').on('data', (chunk) => (body += chunk));
  else request.resume();
  request.on('end', () => {
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify(bulk ? bulkAnswer(body) : { MessageId: messageId() }));
  });
});

function bulkAnswer(body: string): object {
  // Not parsed: an SES that takes no time is what shows that of its clients.
  const entries = body.split('"Destination":').length - 1;
  return {
    BulkEmailEntryResults: Array.from({ length: entries }, () => ({
      Status: 'SUCCESS',
      MessageId: messageId(),
    })),
  };
}

function messageId(): string {
  return `0101-${randomUUID()}`;
}

server.keepAliveTimeout = 600_000;
server.listen(0, '127.0.0.1', () => process.send!((server.address() as { port: number }).port));
process.on('disconnect', () => process.exit());
