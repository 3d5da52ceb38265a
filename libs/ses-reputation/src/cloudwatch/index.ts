export {
  AccessDeniedByCloudWatchError,
  cloudWatchRates,
  type CloudWatchRatesOptions,
} from './cloudwatch-rates.js';
