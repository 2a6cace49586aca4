export * from '../../platform/http.ts';
