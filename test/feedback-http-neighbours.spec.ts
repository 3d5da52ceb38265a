import { All, Body, Controller, Post, type Type } from '@nestjs/common';
import { afterEach, describe, expect, it } from '@jest/globals';
import { FeedbackHost, PLATFORMS } from './support/feedback-host.js';
import { bounce, notification, sign } from './support/sns-forge.js';

@Controller('users')
class UsersController {
  @Post('feedback')
  create(@Body() body: unknown) {
    return { users: body };
  }
}

function catchAll(platform: string): Type {
  @Controller()
  class CatchAllController {
    @All(platform === 'Express' ? '{*path}' : '*')
    any(@Body() body: unknown) {
      return { rest: body };
    }
  }
  return CatchAllController;
}

const ASIDE = { 'content-type': 'application/json', 'x-amz-sns-message-type': 'Notification' };
const LARGE = () => sign(notification({ Message: bounce('x'.repeat(200_000)) }));

describe.each(PLATFORMS)("routes of the host's beside the feedback route on $name", ({ name, adapter }) => {
  let host: FeedbackHost;
  afterEach(() => host.stop());

  it('keep their bodies, however alike their paths, whoever the request says it is from', async () => {
    host = await FeedbackHost.start({
      adapter,
      feedbackPath: 'feedback',
      controllers: [UsersController, catchAll(name)],
      main: (app) => app.setGlobalPrefix('api'),
    });
    const answers = [];
    for (const path of [
      '/api/users/feedback',
      '/api//feedback',
      '/api/feedback//',
      '/api/feedback;a',
      '/api/x/feedback',
      '/api/feedback/x',
    ])
      answers.push(await host.post({ a: 1 }, { path, headers: ASIDE }));
    expect(answers).toEqual([
      { status: 201, body: { users: { a: 1 } } },
      ...Array.from({ length: 5 }, () => ({ status: 200, body: { rest: { a: 1 } } })),
    ]);
  });

  it('keep them where they stand before it in the router', async () => {
    host = await FeedbackHost.start({ adapter, controllers: [catchAll(name)] });
    const answer = await host.post({ a: 1 }, { headers: ASIDE });
    // Fastify's router prefers the route that says most, wherever it stands.
    expect(answer).toMatchObject(
      name === 'Express' ? { status: 200, body: { rest: { a: 1 } } } : { status: 400 },
    );
  });

  it('do not take the feedback, in any spelling that the router takes for its path', async () => {
    host = await FeedbackHost.start({ adapter, controllers: [UsersController] });
    const spellings =
      name === 'Express'
        ? ['/ses/feedback', '/ses/feedback/', '/SES/Feedback', '/ses/feedback?a=/x']
        : ['/ses/feedback', '/ses/%66eedback', '/ses/feedback?a=/x'];
    for (const path of spellings)
      expect(await host.post(LARGE(), { path, headers: ASIDE })).toMatchObject({ status: 200 });
    expect(await host.post({ a: 1 }, { path: '/ses/feedbacks', headers: ASIDE })).toMatchObject({
      status: 404,
    });
  });

  it('may have parameters that can not be decoded', async () => {
    @Controller(':tenant')
    class TenantController {
      @Post()
      create() {}
    }
    host = await FeedbackHost.start({ adapter, controllers: [TenantController] });
    expect(await host.post({ a: 1 }, { path: '/%ff', headers: ASIDE })).toMatchObject({ status: 400 });
    expect(await host.post(LARGE())).toMatchObject({ status: 200 });
  });
});
