import { pageOf } from './paging.js';
import { isShallow, type Members } from './members.js';
import { renderTemplate, RenderingError } from './render-template.js';
import { route, type Route } from './router.js';
import { alreadyExists, badRequest, notFound } from './ses-error.js';
import { parseTemplate, TemplateSyntaxError } from './template-syntax.js';

export interface TemplateContent {
  subject: string;
  text: string | undefined;
  html: string | undefined;
}

/** The account's e-mail templates. */
export class Templates {
  private readonly byName = new Map<string, { content: TemplateContent; createdAt: number }>();

  constructor(private readonly now: () => number) {}

  /** @throws NotFoundException */
  content(name: string): TemplateContent {
    const found = this.byName.get(name);
    if (!found) throw notFound(`Template ${name} does not exist.`);
    return found.content;
  }

  routes(): Route[] {
    const one = 'templates/{TemplateName}';
    return [
      route('CreateEmailTemplate', 'POST', 'templates', ({ body }) => this.create(body)),
      route('ListEmailTemplates', 'GET', 'templates', ({ query }) => this.list(query)),
      route('GetEmailTemplate', 'GET', one, ({ path }) => this.get(path.TemplateName!)),
      route('UpdateEmailTemplate', 'PUT', one, ({ path, body }) => this.update(path.TemplateName!, body)),
      route('DeleteEmailTemplate', 'DELETE', one, ({ path }) => void this.byName.delete(path.TemplateName!)),
      route('TestRenderEmailTemplate', 'POST', `${one}/render`, ({ path, body }) =>
        this.testRender(path.TemplateName!, body),
      ),
    ];
  }

  private create(body: Members): void {
    const name = body.required('TemplateName');
    if (this.byName.has(name)) throw alreadyExists(`Template ${name} already exists.`);
    this.byName.set(name, { content: readRequiredContent(body), createdAt: this.now() });
  }

  private update(name: string, body: Members): void {
    this.content(name);
    this.byName.get(name)!.content = readRequiredContent(body);
  }

  private get(name: string): object {
    const { subject, text, html } = this.content(name);
    return { TemplateName: name, TemplateContent: { Subject: subject, Text: text, Html: html } };
  }

  private list(query: URLSearchParams): object {
    const { page, NextToken } = pageOf(
      [...this.byName.keys()].toSorted(),
      { NextToken: query.get('NextToken'), PageSize: query.get('PageSize') },
      100,
    );
    const TemplatesMetadata = page.map((name) => ({
      TemplateName: name,
      CreatedTimestamp: this.byName.get(name)!.createdAt / 1_000,
    }));
    return { TemplatesMetadata, NextToken };
  }

  private testRender(name: string, body: Members): object {
    const content = this.content(name);
    const data = readTemplateData(body.required('TemplateData'));
    try {
      const { subject, text, html } = renderContent(content, data);
      const parts = [
        text === undefined ? '' : mimePart('text/plain', text),
        html === undefined ? '' : mimePart('text/html', html),
      ].join('');
      return {
        RenderedTemplate: `Subject: ${subject}\r\nMIME-Version: 1.0\r\nContent-Type: multipart/alternative; boundary="part"\r\n\r\n${parts}--part--\r\n`,
      };
    } catch (error) {
      if (error instanceof RenderingError) throw badRequest(error.message);
      throw error;
    }
  }
}

/** @throws RenderingError when an attribute is missing from the data */
export function renderContent(template: TemplateContent, data: Record<string, unknown>): TemplateContent {
  const render = (source: string | undefined) =>
    source === undefined ? undefined : renderTemplate(parseTemplate(source), data);
  return { subject: render(template.subject)!, text: render(template.text), html: render(template.html) };
}

/** `{Subject, Text, Html}`; a template whose braces make no sense is refused when it is stored. */
export function readTemplateContent(content: Members): TemplateContent {
  const read = {
    subject: content.text('Subject') ?? '',
    text: content.text('Text'),
    html: content.text('Html'),
  };
  try {
    for (const source of [read.subject, read.text, read.html])
      if (source !== undefined) parseTemplate(source);
  } catch (error) {
    if (error instanceof TemplateSyntaxError) throw badRequest(error.message);
    throw error;
  }
  return read;
}

/** Template data is a JSON object in a string, up to 262,144 characters. */
export function readTemplateData(json: string | undefined): Record<string, unknown> {
  if (json === undefined || json === '') return {};
  if (json.length > 262_144) throw badRequest('TemplateData is longer than 262144 characters.');
  try {
    const data: unknown = JSON.parse(json);
    if (typeof data === 'object' && data !== null && !Array.isArray(data) && isShallow(data))
      return data as Record<string, unknown>;
  } catch {
    // answered below
  }
  throw badRequest('TemplateData is not a JSON object, or one nested too deep.');
}

function readRequiredContent(body: Members): TemplateContent {
  const content = body.member('TemplateContent');
  if (!content) throw badRequest('TemplateContent is required.');
  return readTemplateContent(content);
}

function mimePart(type: string, content: string): string {
  return `--part\r\nContent-Type: ${type}; charset=UTF-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n${content}\r\n`;
}
