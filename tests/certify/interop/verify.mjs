// Verifies credentials with Digital Bazaar's suite, offline: contexts and status lists come with the question.
import {DataIntegrityProof} from "@digitalbazaar/data-integrity";
import {createVerifyCryptosuite} from "@digitalbazaar/eddsa-jcs-2022-cryptosuite";
import {cryptosuite as rdfc} from "@digitalbazaar/eddsa-rdfc-2022-cryptosuite";
import {verifyCredential} from "@digitalbazaar/vc";
import {checkStatus} from "@digitalbazaar/vc-bitstring-status-list";
import {readFileSync} from "node:fs";

const {documents, credentials} = JSON.parse(readFileSync(process.argv[2], "utf8"));

const SUITES = {
  "eddsa-rdfc-2022": () => new DataIntegrityProof({cryptosuite: rdfc}),
  "eddsa-jcs-2022": () => new DataIntegrityProof({cryptosuite: createVerifyCryptosuite()}),
};

// A did:key is the key itself: its document follows from its name.
const keyDocument = (url) => {
  const did = url.split("#")[0];
  const text = did.slice("did:key:".length);
  const context = "https://w3id.org/security/multikey/v1";
  const key = {"@context": context, id: `${did}#${text}`, type: "Multikey", controller: did, publicKeyMultibase: text};
  return url === did ? {"@context": "https://www.w3.org/ns/did/v1", id: did, assertionMethod: [key]} : key;
};

const documentLoader = async (url) => {
  const document = url.startsWith("did:key:") ? keyDocument(url) : documents[url];
  if (document === undefined) throw new Error(`nothing is fetched: ${url}`);
  return {contextUrl: null, documentUrl: url, document};
};

const answers = [];
for (const credential of credentials) {
  for (const [name, suite] of Object.entries(SUITES)) {
    const proof = credential.proof.filter((one) => one.cryptosuite === name);
    const found = await verifyCredential({
      credential: {...credential, proof},
      suite: suite(),
      documentLoader,
      checkStatus: (asked) => checkStatus({...asked, suite: SUITES["eddsa-rdfc-2022"]()}),
    });
    const errors = (found.error?.errors ?? [found.error ?? found.statusResult?.error]).filter(Boolean);
    answers.push({
      suite: name,
      verified: found.verified,
      revoked: found.statusResult?.results?.[0].status ?? null,
      errors: errors.map((one) => one.message),
    });
  }
}
console.log(JSON.stringify(answers));
