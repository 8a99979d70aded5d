export { buildIfStale as default } from './setup';
