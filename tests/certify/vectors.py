"""What a verifier says of each file of the standards' vectors and samples, of all of them: a new one needs a line.

By folder; then by what is found, `SAYS`; then the files' names.
"""

from __future__ import annotations

SAYS = {
    "holds": "",
    # what it is that was handed in
    "no JSON": "is not JSON that can be trusted",
    "no credential": "is no credential: its type is",
    "picture": "is a picture, perhaps with a credential baked in, which is not supported",
    "jwt": "is a credential as a JSON Web Token, which is not supported",
    "another kind": "a credential of another kind is not supported, only Open Badges",
    # who signed it, and how
    "no proof": "carries no proof: nobody signed it",
    "no key": "names no key that can be had offline",
    "chain": "a chain of proofs is not supported",
    "several": "one proof eddsa-rdfc-2022 is expected, .* eddsa-rdfc-2022, eddsa-rdfc-2022 is not supported",
    "jcs alone": "one proof eddsa-rdfc-2022 is expected, .* eddsa-jcs-2022 is not supported",
    "older suite": r"Ed25519Signature2020 \(an older suite\) is not supported",
    "draft": r"eddsa-2022 \(the draft of eddsa-rdfc-2022\) is not supported",
    "chosen parts": r"ecdsa-sd-2023 \(chosen parts of a credential, another kind of key\) is not supported",
    # what is wrong with it
    "mismatch": "signature mismatch",
    "expired": "Credential has expired",
    "malformed": "Malformed credential document",
    "issuanceDate": "'issuanceDate', which the RDF-canonicalized proof does not sign",
    "odd form": "is not in compacted form",
    "endorsement": "the endorsement at .* is not in compacted form",
}
CATALOGUE = "inspector-tcp-vc/src/main/resources/catalog/www.hropenstandards.org/recruiting/json/ler-rs/1EdTech"
EXPECTED = {
    "1edtech-spec/extensions/assessmentExtension/v1p0": {
        "picture": "AssessmentExtension2018-Data-Model-v3.png",
        "no credential": "context.json schema.json",
        "no JSON": "errata.html index.html",
    },
    "1edtech-spec/extensions/assessmentExtension/v2p0": {
        "no credential": "context.json schema.json",
        "no JSON": "errata.html index.html ob-assessment_v2p0.lines",
    },
    "1edtech-spec/extensions/assessmentExtension/v2p0/respec-support": {
        "no JSON": "contributors.js local-biblio.js mps-config.js",
    },
    "1edtech-spec/ob_v3p0": {
        "no credential": "context-3.0.3.json",
        "no JSON": "license.md",
    },
    "1edtech-spec/ob_v3p0/examples": {
        "no JSON": """
            achievementAlignmentCase.html achievementAlignmentCe.html basicOpenBadgeCredential.html
            endorsement.html fullOpenBadge.html skillAssertionCase.html skillAssertionCtdl.html
        """,
    },
    "1edtech-spec/ob_v3p0/impl": {
        "no JSON": "linked-data-proof-clr.html linked-data-proof-ob.html",
    },
    "1edtech-spec/ob_v3p0/impl/test-vectors/clrv2p0": {
        "no JSON": "document-canon.txt proof-canon.txt",
    },
    "1edtech-spec/ob_v3p0/impl/test-vectors/obv3p0": {
        "no JSON": "document-canon.txt proof-canon.txt",
    },
    "1edtech-validator": {
        "no JSON": "LICENSE",
    },
    "1edtech-validator/inspector-clr/src/test/resources/clr20": {
        "older suite": "complex.json simple_old_safesigned.json simple_v1.json",
        "no proof": "simple-noproof.json",
        "another kind": "simple.json",
        "jwt": "simple.jwt",
    },
    f"1edtech-validator/{CATALOGUE}": {
        "no credential": "clr_v2p0_clrcredential_schema_draft4.json ob_v3p0_achievementcredential_schema_draft4.json",
    },
    "1edtech-validator/inspector-vc/src/main/resources/contexts": {
        "no credential": """
            2018-credentials-examples-v1.jsonld 2018-credentials-v1.jsonld clr-v2p0-2.0.1.json
            clr-v2p0.json credentials-v2.jsonld data-integrity-v1.jsonld did-v1.jsonld ob-v2p0.json
            ob-v3p0-3.0.1.json ob-v3p0-3.0.2.json ob-v3p0-3.0.3.json ob-v3p0-extensions.json
            ob-v3p0.json obv2x-applylink-extensions.json obv2x-example-extension.json obv2x.jsonld
            obv3x.jsonld odrl.jsonld security-bbs-v1.jsonld security-suites-ed25519-2020-v1.jsonld
            security-v1.jsonld security-v2.jsonld security-v3-unstable.jsonld
            suites-ed25519-2018.jsonld suites-ed25519-2020.jsonld suites-jws-2020.jsonld
            suites-secp256k1-2019.jsonld suites-x25519-2019.jsonld
        """,
    },
    "1edtech-validator/inspector-vc/src/test/resources/ob30/bit-string-list": {
        "holds": "credential-status-revoked-blank-nodes.json credential-status-revoked.json",
        "another kind": "testlist",
    },
    "1edtech-validator/inspector-vc/src/test/resources/ob30": {
        "endorsement": "complete.json",
        "older suite": """
            complete_v1.json credential-status-revoked.json
            endorsement-err-schema-status-refresh.json simple_v1.json
        """,
        "another kind": "endorsement-valid.json simple-err-type.json",
        "holds": """
            simple-context-alias.json simple-context-version.json simple-did-key-method.json
            simple-did-web-method.json simple-multiple-proofs.json simple.1ob simple.json
        """,
        "draft": "simple-eddsa-2022.json",
        "issuanceDate": "simple-err-context.json",
        "odd form": """
            simple-err-credential-subject-achievement-result-description-type.json
            simple-err-credential-subject-identifier-type.json
            simple-err-credential-subject-profile-type.json
            simple-err-credential-subject-result-type.json simple-err-credential-subject-type.json
            simple-err-evidence-type.json simple-err-issuer-otheridentifier-type.json
            simple-err-issuer-parentorg-type.json simple-err-issuer-type.json
        """,
        "expired": "simple-err-expired.json",
        "malformed": "simple-err-issued.json simple-err-issuer.json",
        "no key": """
            simple-err-proof-method-no-scheme.json simple-err-proof-method-unknown-did-method.json
            simple-err-proof-method-unknown-scheme.json simple-err-proof-method.json
        """,
        "mismatch": "simple-err-proof-value.json",
        "picture": "simple-json.png simple-json.svg simple-jwt.png simple-jwt.svg simple-jwt_v1.png simple-jwt_v1.svg",
        "no proof": "simple-noproof.json",
        "jwt": "simple.jwt velocity.jwt",
    },
    "1edtech-validator/inspector-vc/src/test/resources/ob30/sd": {
        "chosen parts": "derivedcredential.json",
    },
    ".": {
        "no JSON": "README.md SHA256SUMS",
    },
    "examples": {
        "holds": "capstone_dual.json capstone_rdfc.json",
        "jcs alone": "capstone_jcs.json",
    },
    "schemas": {
        "no credential": "case-v1p1-cfpackage.json ob_v3p0_achievementcredential_schema.json",
        "no proof": "full_ex.json minimal_valid_obv3.json",
    },
    "w3c-vc-di-eddsa": {
        "no JSON": "LICENSE.md",
    },
    "w3c-vc-di-eddsa/TestVectors/Ed25519Signature2020": {
        "no JSON": """
            canonDocEdSig.txt combinedHashEdSig.txt docHashEdSig.txt proofCanonEdSig.txt
            proofHashEdSig.txt sigBTC58EdSig.txt sigHexEdSig.txt
        """,
        "no credential": "proofConfigEdSig.json",
        "older suite": "signedEdSig.json",
    },
    "w3c-vc-di-eddsa/TestVectors/eddsa-jcs-2022": {
        "no proof": "canonDocJCS.txt",
        "no JSON": "combinedHashJCS.txt docHashJCS.txt proofHashJCS.txt sigBTC58JCS.txt sigHexJCS.txt",
        "no credential": "proofCanonJCS.txt proofConfigJCS.json",
        "jcs alone": "signedJCS.json",
    },
    "w3c-vc-di-eddsa/TestVectors/eddsa-rdfc-2022": {
        "no JSON": """
            canonDocDataInt.txt combinedHashDataInt.txt docHashDataInt.txt proofCanonDataInt.txt
            proofHashDataInt.txt sigBTC58DataInt.txt sigHexDataInt.txt
        """,
        "no credential": "proofConfigDataInt.json",
        "another kind": "signedDataInt.json",
    },
    "w3c-vc-di-eddsa/TestVectors/eddsa-rdfc-2022/employ": {
        "no JSON": """
            canonDocDataInt.txt combinedHashDataInt.txt docHashDataInt.txt proofCanonDataInt.txt
            proofHashDataInt.txt sigBTC58DataInt.txt sigHexDataInt.txt
        """,
        "no credential": "proofConfigDataInt.json",
        "another kind": "signedDataInt.json",
    },
    "w3c-vc-di-eddsa/TestVectors": {
        "no proof": "employmentAuth.json unsigned.json",
        "no credential": "keyPair.json",
    },
    "w3c-vc-di-eddsa/TestVectors/proof-set-chain": {
        "no credential": """
            multiKeyPairs.json proofChainConfig1.json proofChainConfig2.json
            proofChainConfigSigned1.json proofChainConfigSigned2.json proofSetConfig1.json
            proofSetConfig2.json proofSetConfigSigned1.json proofSetConfigSigned2.json
        """,
        "several": "proofChainTempDoc1.json signedProofSet2.json",
        "chain": "proofChainTempDoc2.json signedProofChain1.json signedProofChain2.json",
        "another kind": "signedProofSet1.json",
        "no proof": "unsigned.json",
    },
    "w3c-vc-di-eddsa/contexts": {
        "no credential": "lds-ed25519-2020-v1.json",
    },
}
