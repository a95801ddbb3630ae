import { grammarOf } from './grammar.ts'
import { DS, EXC_C14N, XADES } from './signature-names.ts'

const ID = 'Id:ID'
const PKI = `${ID} Encoding:anyURI | base64Binary`
const STAMP = `${ID} | xades:Include* ds:CanonicalizationMethod? (xades:EncapsulatedTimeStamp|xades:XMLTimeStamp)+`
const CERTIFICATES = `${ID} | (xades:EncapsulatedX509Certificate|xades:OtherCertificate)*`
const REVOCATIONS = `${ID} | xades:CRLValues? xades:OCSPValues? xades:OtherValues?`
const REVOCATION_REFS = `${ID} | xades:CRLRefs? xades:OCSPRefs? xades:OtherRefs?`
const DIGEST_PAIR = '| ds:DigestMethod ds:DigestValue'
const ANYTHING = '| mixed any*'
const ALGORITHM = 'Algorithm:anyURI! | mixed other*'

const PREFIXES = { ds: DS, xades: XADES, ec: EXC_C14N }
const ROWS = {
  'ds:Signature': `${ID} | ds:SignedInfo ds:SignatureValue ds:KeyInfo? ds:Object*`,
  'ds:SignatureValue': `${ID} | base64Binary`,
  'ds:SignedInfo': `${ID} | ds:CanonicalizationMethod ds:SignatureMethod ds:Reference+`,
  // Their wildcards ask for declared elements, and there are none that could stand here.
  'ds:CanonicalizationMethod': 'Algorithm:anyURI! | mixed',
  'ds:SignatureMethod': 'Algorithm:anyURI! | mixed ds:HMACOutputLength?',
  'ds:HMACOutputLength': '| integer',
  'ds:Reference': `${ID} URI:anyURI Type:anyURI | ds:Transforms? ds:DigestMethod ds:DigestValue`,
  'ds:Transforms': '| ds:Transform+',
  'ds:Transform': 'Algorithm:anyURI! | mixed (ds:XPath|other)*',
  'ds:DigestMethod': ALGORITHM,
  'ds:DigestValue': '| base64Binary',
  'ds:KeyInfo': `${ID} | mixed (ds:KeyName|ds:KeyValue|ds:RetrievalMethod|ds:X509Data|ds:PGPData|ds:SPKIData|ds:MgmtData|other)+`,
  'ds:KeyName': '| string',
  'ds:MgmtData': '| string',
  'ds:KeyValue': '| mixed (ds:DSAKeyValue|ds:RSAKeyValue|other)',
  'ds:RSAKeyValue': '| ds:Modulus ds:Exponent',
  'ds:Modulus': '| base64Binary',
  'ds:Exponent': '| base64Binary',
  'ds:RetrievalMethod': 'URI:anyURI Type:anyURI | ds:Transforms?',
  'ds:X509Data': '| (ds:X509IssuerSerial|ds:X509SKI|ds:X509SubjectName|ds:X509Certificate|ds:X509CRL|other)+',
  'ds:X509IssuerSerial': '| ds:X509IssuerName ds:X509SerialNumber',
  'ds:X509IssuerName': '| string',
  'ds:X509SerialNumber': '| integer',
  'ds:X509SKI': '| base64Binary',
  'ds:X509SubjectName': '| string',
  'ds:X509Certificate': '| base64Binary',
  'ds:X509CRL': '| base64Binary',
  'ds:Object': `${ID} MimeType:string Encoding:anyURI | mixed any*`,
  'ds:Manifest': `${ID} | ds:Reference+`,
  'ds:SignatureProperties': `${ID} | ds:SignatureProperty+`,
  'ds:SignatureProperty': `${ID} Target:anyURI! | mixed other+`,

  'xades:QualifyingProperties': `${ID} Target:anyURI! | xades:SignedProperties? xades:UnsignedProperties?`,
  'xades:SignedProperties': `${ID} | xades:SignedSignatureProperties? xades:SignedDataObjectProperties?`,
  'xades:SignedSignatureProperties':
    `${ID} | xades:SigningTime? xades:SigningCertificate? xades:SignaturePolicyIdentifier? ` +
    'xades:SignatureProductionPlace? xades:SignerRole?',
  'xades:SigningTime': '| dateTime',
  'xades:SigningCertificate': '| xades:Cert+',
  'xades:Cert': 'URI:anyURI | xades:CertDigest xades:IssuerSerial',
  'xades:CertDigest': DIGEST_PAIR,
  'xades:IssuerSerial': '| ds:X509IssuerName ds:X509SerialNumber',
  'xades:SignaturePolicyIdentifier': '| (xades:SignaturePolicyId|xades:SignaturePolicyImplied)',
  'xades:SignaturePolicyId': '| xades:SigPolicyId ds:Transforms? xades:SigPolicyHash xades:SigPolicyQualifiers?',
  'xades:SigPolicyId': '| xades:Identifier xades:Description? xades:DocumentationReferences?',
  'xades:Identifier': 'Qualifier:qualifier | anyURI',
  'xades:Description': '| string',
  'xades:DocumentationReferences': '| xades:DocumentationReference+',
  'xades:DocumentationReference': '| anyURI',
  'xades:SigPolicyHash': DIGEST_PAIR,
  'xades:SigPolicyQualifiers': '| xades:SigPolicyQualifier+',
  'xades:SigPolicyQualifier': ANYTHING,
  'xades:SPURI': '| anyURI',
  'xades:SPUserNotice': '| xades:NoticeRef? xades:ExplicitText?',
  'xades:NoticeRef': '| xades:Organization xades:NoticeNumbers',
  'xades:Organization': '| string',
  'xades:NoticeNumbers': '| xades:int*',
  'xades:int': '| integer',
  'xades:ExplicitText': '| string',
  'xades:SignatureProductionPlace': '| xades:City? xades:StateOrProvince? xades:PostalCode? xades:CountryName?',
  'xades:City': '| string',
  'xades:StateOrProvince': '| string',
  'xades:PostalCode': '| string',
  'xades:CountryName': '| string',
  'xades:SignerRole': '| xades:ClaimedRoles? xades:CertifiedRoles?',
  'xades:ClaimedRoles': '| xades:ClaimedRole+',
  'xades:ClaimedRole': ANYTHING,
  'xades:CertifiedRoles': '| xades:CertifiedRole+',
  'xades:CertifiedRole': PKI,
  'xades:SignedDataObjectProperties':
    `${ID} | xades:DataObjectFormat* xades:CommitmentTypeIndication* ` +
    'xades:AllDataObjectsTimeStamp* xades:IndividualDataObjectsTimeStamp*',
  'xades:DataObjectFormat': 'ObjectReference:anyURI! | xades:Description? xades:ObjectIdentifier? xades:MimeType? xades:Encoding?',
  'xades:ObjectIdentifier': '| xades:Identifier xades:Description? xades:DocumentationReferences?',
  'xades:MimeType': '| string',
  'xades:Encoding': '| anyURI',
  'xades:CommitmentTypeIndication':
    '| xades:CommitmentTypeId (xades:ObjectReference+|xades:AllSignedDataObjects) xades:CommitmentTypeQualifiers?',
  'xades:CommitmentTypeId': '| xades:Identifier xades:Description? xades:DocumentationReferences?',
  'xades:ObjectReference': '| anyURI',
  'xades:CommitmentTypeQualifiers': '| xades:CommitmentTypeQualifier*',
  'xades:CommitmentTypeQualifier': ANYTHING,
  'xades:AllDataObjectsTimeStamp': STAMP,
  'xades:IndividualDataObjectsTimeStamp': STAMP,

  'xades:UnsignedProperties': `${ID} | xades:UnsignedSignatureProperties? xades:UnsignedDataObjectProperties?`,
  'xades:UnsignedSignatureProperties':
    `${ID} | (xades:CounterSignature|xades:SignatureTimeStamp|xades:CompleteCertificateRefs|xades:CompleteRevocationRefs|` +
    'xades:AttributeCertificateRefs|xades:AttributeRevocationRefs|xades:SigAndRefsTimeStamp|xades:RefsOnlyTimeStamp|' +
    'xades:CertificateValues|xades:RevocationValues|xades:AttrAuthoritiesCertValues|xades:AttributeRevocationValues|' +
    'xades:ArchiveTimeStamp|ds:Signature|ds:Object|ds:Manifest|ds:KeyInfo|ds:SignatureProperties)+',
  'xades:UnsignedDataObjectProperties': `${ID} | xades:UnsignedDataObjectProperty+`,
  'xades:UnsignedDataObjectProperty': ANYTHING,
  'xades:CounterSignature': '| ds:Signature',
  'xades:SignatureTimeStamp': STAMP,
  'xades:SigAndRefsTimeStamp': STAMP,
  'xades:RefsOnlyTimeStamp': STAMP,
  'xades:ArchiveTimeStamp': STAMP,
  'xades:EncapsulatedTimeStamp': PKI,
  'xades:XMLTimeStamp': ANYTHING,
  'xades:Include': 'URI:anyURI! referencedData:boolean |',
  'xades:CompleteCertificateRefs': `${ID} | xades:CertRefs`,
  'xades:AttributeCertificateRefs': `${ID} | xades:CertRefs`,
  'xades:CertRefs': '| xades:Cert+',
  'xades:CompleteRevocationRefs': REVOCATION_REFS,
  'xades:AttributeRevocationRefs': REVOCATION_REFS,
  'xades:CRLRefs': '| xades:CRLRef+',
  'xades:CRLRef': '| xades:DigestAlgAndValue xades:CRLIdentifier?',
  'xades:CRLIdentifier': 'URI:anyURI | xades:Issuer xades:IssueTime xades:Number?',
  'xades:Issuer': '| string',
  'xades:IssueTime': '| dateTime',
  'xades:Number': '| integer',
  'xades:OCSPRefs': '| xades:OCSPRef+',
  'xades:OCSPRef': '| xades:OCSPIdentifier xades:DigestAlgAndValue?',
  'xades:OCSPIdentifier': 'URI:anyURI | xades:ResponderID xades:ProducedAt',
  'xades:ResponderID': '| (xades:ByName|xades:ByKey)',
  'xades:ByName': '| string',
  'xades:ByKey': '| base64Binary',
  'xades:ProducedAt': '| dateTime',
  'xades:OtherRefs': '| xades:OtherRef+',
  'xades:OtherRef': ANYTHING,
  'xades:DigestAlgAndValue': DIGEST_PAIR,
  'xades:CertificateValues': CERTIFICATES,
  'xades:AttrAuthoritiesCertValues': CERTIFICATES,
  'xades:EncapsulatedX509Certificate': PKI,
  'xades:OtherCertificate': ANYTHING,
  'xades:RevocationValues': REVOCATIONS,
  'xades:AttributeRevocationValues': REVOCATIONS,
  'xades:CRLValues': '| xades:EncapsulatedCRLValue+',
  'xades:EncapsulatedCRLValue': PKI,
  'xades:OCSPValues': '| xades:EncapsulatedOCSPValue+',
  'xades:EncapsulatedOCSPValue': PKI,
  'xades:OtherValues': '| xades:OtherValue+',
  'xades:OtherValue': ANYTHING,
}

/** XML Signature (Second Edition) and XAdES 1.3.2 as their schemas have them, with the wildcards that stock servers validate by. */
export const SIGNATURE_GRAMMAR = grammarOf(PREFIXES, ROWS)

/**
 * What has a place in a signature that proves a message: the elements that stock servers and we write, SigningCertificateV2 besides
 * (ETSI EN 319 132-1 §5.2.2), and nothing anywhere that has no rule.
 */
export const STRICT_GRAMMAR = grammarOf(PREFIXES, {
  ...ROWS,
  'ds:CanonicalizationMethod': 'Algorithm:anyURI! | ec:InclusiveNamespaces?',
  'ds:SignatureMethod': 'Algorithm:anyURI! |',
  'ds:DigestMethod': 'Algorithm:anyURI! |',
  'ds:Transform': 'Algorithm:anyURI! | ec:InclusiveNamespaces?',
  'ec:InclusiveNamespaces': 'PrefixList:string |',
  'ds:KeyInfo': `${ID} | ds:X509Data`,
  'ds:X509Data': '| ds:X509Certificate',
  'ds:Object': `${ID} | xades:QualifyingProperties`,
  'xades:SignedSignatureProperties':
    `${ID} | xades:SigningTime? (xades:SigningCertificate|xades:SigningCertificateV2) xades:SignaturePolicyIdentifier? ` +
    'xades:SignatureProductionPlace? xades:SignerRole?',
  'xades:SigningCertificateV2': '| xades:Cert+',
  'xades:Cert': 'URI:anyURI | xades:CertDigest (xades:IssuerSerial|xades:IssuerSerialV2)?',
  'xades:IssuerSerialV2': '| base64Binary',
  'xades:SigPolicyQualifier': '| (xades:SPURI|xades:SPUserNotice)',
  'xades:UnsignedProperties': `${ID} | xades:UnsignedSignatureProperties`,
  'xades:UnsignedSignatureProperties': `${ID} | xades:SignatureTimeStamp? (xades:CompleteCertificateRefs|xades:CertificateValues|xades:RevocationValues)+`,
  'xades:SignatureTimeStamp': `${ID} | ds:CanonicalizationMethod? xades:EncapsulatedTimeStamp`,
  'xades:CertificateValues': `${ID} | xades:EncapsulatedX509Certificate+`,
  'xades:RevocationValues': `${ID} | xades:OCSPValues`,
})
