// The decorators of @peculiar/x509 need this polyfill to be there first.
import 'reflect-metadata';

export * from '@peculiar/x509';
