import { verify, X509Certificate } from 'node:crypto';
import { createServer } from 'node:http';
import { canonicalString } from '../../libs/ses-reputation/src/feedback/sns/canonical-string.js';
import type { SnsEnvelope } from '../../libs/ses-reputation/src/feedback/sns/envelope.js';
import { SIGNING_CERTIFICATE } from '../../libs/ses-reputation/src/testing/sns/signing-key.js';

/** node:http that reads, verifies and parses a post, and stores nothing: no endpoint does less. */
export async function startVerifyOnlyServer(): Promise<{ port: number; stop(): void }> {
  const key = new X509Certificate(SIGNING_CERTIFICATE).publicKey;
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request
      .on('data', (chunk: Buffer) => chunks.push(chunk))
      .on('end', () => {
        const envelope = JSON.parse(Buffer.concat(chunks).toString()) as SnsEnvelope;
        const signed = Buffer.from(canonicalString(envelope));
        const valid = verify('RSA-SHA1', signed, key, Buffer.from(envelope.Signature, 'base64'));
        JSON.parse(envelope.Message);
        response.writeHead(valid ? 200 : 403).end();
      });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  return {
    port,
    stop() {
      server.close();
      server.closeAllConnections();
    },
  };
}
