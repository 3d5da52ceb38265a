import { describe, expect, it } from '@jest/globals';
import { toXml, xmlEntries, xmlMembers } from './xml.js';

describe('toXml', () => {
  it('writes lists, entries and text, and leaves out what is undefined', () => {
    expect(
      toXml({
        Topics: xmlMembers([{ TopicArn: 'a' }, { TopicArn: 'b' }]),
        Attributes: xmlEntries([['Owner', '1']]),
        NextToken: undefined,
        Empty: xmlMembers([]),
      }),
    ).toBe(
      '<Topics><member><TopicArn>a</TopicArn></member><member><TopicArn>b</TopicArn></member></Topics>' +
        '<Attributes><entry><key>Owner</key><value>1</value></entry></Attributes><Empty></Empty>',
    );
  });

  it('keeps any text readable', () => {
    expect(toXml({ a: '<Ann & "Co">\r\n✉️' })).toBe('<a>&lt;Ann &amp; "Co"&gt;&#xD;\n✉️</a>');
    expect(toXml({ a: 'x\u0000\u0008\ud800y\ufffe' })).toBe('<a>x\ufffd\ufffd\ufffdy\ufffd</a>');
  });
});
