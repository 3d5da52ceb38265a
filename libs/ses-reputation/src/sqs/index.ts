export { SesSqsModule } from './ses-sqs.module.js';
