/** The public face of the folder. */
export { equalBytes, fromBigInt, toBase64, toHex } from './bytes.ts'
export { certificateLength, draftOf, fingerprintOf, isSelfIssued, isSignedBy } from './certificate.ts'
export {
  parseCertificate,
  parseCertificateDer,
  parseCertificates,
  selfSigner,
  signCertificate,
  signerOf,
} from './certificate.ts'
export type { Certificate, Draft, Signer, Template } from './certificate.ts'
export { parseDer } from './der.ts'
export { CURVES, ecFromRandom, ecSeedBytes } from './ec.ts'
export type { Curve } from './ec.ts'
export {
  altNamesExtension,
  authorityKeyIdExtension,
  basicConstraintsExtension,
  extKeyUsageExtension,
} from './extensions.ts'
export {
  EXT_KEY_USAGES,
  EXTENSION,
  factsOf,
  generalNames,
  isAddress,
  KEY_USAGES,
  keyUsageExtension,
} from './extensions.ts'
export { subjectKeyIdExtension } from './extensions.ts'
export type { AltNames, Extension, ExtKeyUsage, GeneralName, KeyUsage } from './extensions.ts'
export { keyIdOf, makeCurvePem, makeKeyPem, makePublicKeyDer, makePublicKeyPem, makeTraditionalKeyPem } from './keys.ts'
export { parseKeyPem, parsePublicKeyPem, publicPartOf, samePublicKey, signatureName, sizeOf } from './keys.ts'
export type { PrivateKey, PublicKey } from './keys.ts'
export { isSignedJwt, keyName, makeDetachedJws, makeJwk, makeJwt, readJwt } from './jwt.ts'
export {
  attributeType,
  commonNameOf,
  goName,
  makeName,
  nameText,
  organizationsOf,
  reorderedByGo,
  valuesOf,
} from './names.ts'
export type { Name } from './names.ts'
export { makePem, parsePem } from './pem.ts'
export { KeyRing, numberFrom, poolKey } from './pool.ts'
export { isSelfSigned, makeRequest, parseRequest, parseRequestDer, REQUEST_LABEL } from './request.ts'
export type { CertificateRequest } from './request.ts'
export { HASHES, md5 } from './rsa.ts'
export type { HashName, RsaPrivateKey } from './rsa.ts'
export { toUsages } from './usages.ts'
export { dateProblem, verifyCertificate } from './verify.ts'
