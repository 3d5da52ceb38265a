export {
  createSnsHandler,
  type AppSource,
  type LambdaContext,
  type SnsHandler,
  type SqsBatchResponse,
} from './sns-handler.js';
