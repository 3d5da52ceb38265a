import { EventEmitter } from 'node:events';
import { createRequire } from 'node:module';
import { Readable } from 'node:stream';
import { SIGNING_CERTIFICATE } from '../../libs/ses-reputation/src/testing/sns/signing-key.js';

type Validator = new () => {
  validate(message: string | object, done: (error: Error | null, message?: SnsMessage) => void): void;
};

export interface SnsMessage {
  Type: string;
  Message: string;
}

const require = createRequire(import.meta.url);
const https = require('node:https') as { get: unknown };
const validator = new (require('sns-validator') as Validator)();

/** Amazon's validator for Node.js, which asks for the certificate once and keeps its text. */
export function validateWithSnsValidator(message: string | object): Promise<SnsMessage> {
  return new Promise((resolve, reject) => {
    validator.validate(message, (error, valid) => (valid ? resolve(valid) : reject(error)));
  });
}

/** Gives sns-validator, which only knows node:https, the certificate as Amazon's host would. */
export function serveCertificate(): void {
  https.get = (_url: string, answer: (response: unknown) => void) => {
    answer(Object.assign(Readable.from([SIGNING_CERTIFICATE]), { statusCode: 200 }));
    return new EventEmitter();
  };
}
