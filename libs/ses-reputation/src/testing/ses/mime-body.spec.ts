import { describe, expect, it } from '@jest/globals';
import MailComposer from 'nodemailer/lib/mail-composer';
import { readBody } from './mime-body.js';
import { decodeWords, headerValue, splitMessage, withoutHeaders } from './mime-headers.js';

const compose = (mail: object) => new MailComposer(mail).compile().build();

function read(raw: Buffer) {
  const { headers, body } = splitMessage(raw);
  return { headers, ...readBody(headers, body) };
}

const open = (boundary: string) =>
  `Content-Type: multipart/mixed; boundary=${boundary}\r\n\r\n--${boundary}\r\n`;

describe('reading MIME', () => {
  it('reads text, HTML and attachments of what nodemailer composes', async () => {
    const raw = await compose({
      from: 'a@example.com',
      to: 'b@example.com',
      subject: 'Grüße an alle, die einen ziemlich langen Betreff lesen mögen',
      text: 'Zwei Zeilen\nmit Ümlauten',
      html: '<p>Ümlaut</p><img src="cid:logo">',
      attachments: [
        { filename: 'Grüße.txt', content: 'hello' },
        { filename: 'logo.png', content: Buffer.from([0, 1, 2, 255]), cid: 'logo' },
      ],
    });
    const mail = read(raw);
    expect(decodeWords(headerValue(mail.headers, 'SUBJECT')!)).toBe(
      'Grüße an alle, die einen ziemlich langen Betreff lesen mögen',
    );
    expect(mail.text?.trim().replaceAll('\r\n', '\n')).toBe('Zwei Zeilen\nmit Ümlauten');
    expect(mail.html).toContain('Ümlaut');
    const contents = mail.attachments.map(({ content }) => content);
    expect(contents).toEqual(expect.arrayContaining([Buffer.from('hello'), Buffer.from([0, 1, 2, 255])]));
  });

  it('reads a plain message with bare line feeds and without a content type', () => {
    expect(read(Buffer.from('From: a@example.com\nSubject: Hi\n\nHello\n')).text).toBe('Hello\n');
  });

  it('joins folded header lines', () => {
    const { headers } = splitMessage(Buffer.from('To: a@example.com,\r\n\tb@example.com\r\n\r\n'));
    expect(headers).toEqual([{ name: 'To', value: 'a@example.com, b@example.com' }]);
  });

  it('takes named headers out, folded lines and all, and nothing else', () => {
    const raw = 'A: 1\r\nBCC: x@example.com,\r\n y@example.com\r\nB: 2\r\n\r\nBcc: stays in the body\r\n';
    expect(withoutHeaders(Buffer.from(raw), ['bcc']).toString()).toBe(
      'A: 1\r\nB: 2\r\n\r\nBcc: stays in the body\r\n',
    );
  });

  it('reads a multipart message that was cut off', () => {
    const raw = 'Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nHello';
    expect(read(Buffer.from(raw)).text).toBe('Hello');
  });

  it('gives up on nesting that goes on for ever', () => {
    const levels = Array.from({ length: 200 }, (_, level) => `x${level}x`);
    const deep = (count: number) => Buffer.from(`${levels.slice(0, count).map(open).join('')}\r\nHello`);
    expect(read(deep(15)).text).toBe('Hello');
    expect(read(deep(200)).text).toBeUndefined();
  });
});
