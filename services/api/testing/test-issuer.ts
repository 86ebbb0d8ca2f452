import { once } from 'node:events';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { createKeyPair, issueCertificate, openAuthority, privateKeyPem } from '@everynode/certificates';
import { exportJWK, generateKeyPair, type JWTPayload, SignJWT } from 'jose';

/** An OpenID Connect issuer of our own: its discovery document, its keys, and tokens as a test wants them. */
export interface TestIssuer {
  url: string;
  /** How often its keys were read. */
  keyReads(): number;
  /** Signs with a new key from now on. The old one is forgotten. */
  rotate(): Promise<void>;
  token(claims: JWTPayload, header?: { kid?: string; alg?: string }): Promise<string>;
  stop(): Promise<void>;
}

export async function startTestIssuer(pair: { certificate: string; key: string }): Promise<TestIssuer> {
  const serving = await createKeyPair();
  const authority = await openAuthority(pair);
  const cert = await issueCertificate(authority, serving.publicKey, {
    commonName: 'issuer',
    names: [{ type: 'dns', value: 'localhost' }],
    uses: ['digital signature', 'server auth'],
    notBefore: new Date(Date.now() - 60_000),
    notAfter: new Date(Date.now() + 3600_000),
  });
  let number = 0;
  let reads = 0;
  const newKey = async () => {
    number += 1;
    const { publicKey, privateKey } = await generateKeyPair('RS256');
    const kid = `key-${number}`;
    return { kid, privateKey, jwk: { ...(await exportJWK(publicKey)), kid, use: 'sig', alg: 'RS256' } };
  };
  let current = await newKey();
  const server = createServer({ cert, key: await privateKeyPem(serving.privateKey) }, (request, response) => {
    response.setHeader('content-type', 'application/json');
    if (request.url === '/.well-known/openid-configuration') {
      response.end(JSON.stringify({ issuer: url, jwks_uri: `${url}/keys` }));
    } else {
      reads += 1;
      response.end(JSON.stringify({ keys: [current.jwk] }));
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `https://localhost:${(server.address() as AddressInfo).port}`;
  return {
    url,
    keyReads: () => reads,
    rotate: async () => {
      current = await newKey();
    },
    token: (claims, header = {}) => {
      const now = Math.floor(Date.now() / 1000);
      return new SignJWT({ iss: url, aud: 'everynode', iat: now, exp: now + 600, ...claims })
        .setProtectedHeader({ alg: 'RS256', kid: current.kid, ...header })
        .sign(current.privateKey);
    },
    stop: async () => {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}
