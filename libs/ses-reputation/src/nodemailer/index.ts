export { AllRecipientsRejectedError, StreamPausedError } from './errors.js';
export {
  sesReputationTransport,
  type SesReputationSentInfo,
  type SesReputationTransport,
  type SesReputationTransportOptions,
  type TransportedMail,
} from './transport.js';
