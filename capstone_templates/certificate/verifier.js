// Verifies this page's certificate in the browser: the proof eddsa-jcs-2022 over its text, and what is enclosed.
"use strict";
(async () => {
  const said = document.getElementById("verdict");
  const list = document.getElementById("checked");
  const tell = (verdict, kind) => { said.textContent = verdict; said.className = kind; };
  const add = (text) => { const item = document.createElement("li"); item.textContent = text; list.append(item); };
  const canonical = (value) => {
    if (Array.isArray(value)) return "[" + value.map(canonical).join(",") + "]";
    if (value === null || typeof value !== "object") return JSON.stringify(value);
    return "{" + Object.keys(value).sort().map((key) => JSON.stringify(key) + ":" + canonical(value[key])).join(",") + "}";
  };
  const base58 = (text) => {
    const alphabet = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
    let number = 0n;
    for (const character of text) {
      const digit = alphabet.indexOf(character);
      if (digit < 0) throw new Error("a character that base58 does not have");
      number = number * 58n + BigInt(digit);
    }
    const bytes = [];
    for (; number > 0n; number >>= 8n) bytes.unshift(Number(number & 255n));
    return new Uint8Array([...text.match(/^1*/)[0]].map(() => 0).concat(bytes));
  };
  const sha256 = async (text) => new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text)));
  const hex = (bytes) => [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  try {
    const { proof, ...bare } = JSON.parse(document.getElementById("credential").textContent);
    const one = proof.find((each) => each.cryptosuite === "eddsa-jcs-2022");
    const { proofValue, ...options } = one;
    const raw = base58(bare.issuer.id.replace("did:key:z", ""));
    if (raw[0] !== 0xed || raw[1] !== 0x01 || !one.verificationMethod.startsWith(bare.issuer.id + "#")) {
      throw new Error("the proof is not by the issuer's key");
    }
    const key = await crypto.subtle.importKey("raw", raw.slice(2), "Ed25519", false, ["verify"]);
    const hashes = [...await sha256(canonical(options)), ...await sha256(canonical(bare))];
    const holds = await crypto.subtle.verify("Ed25519", key, base58(proofValue.slice(1)), new Uint8Array(hashes));
    if (!holds) throw new Error("something in it was changed since it was signed");
    add("No byte of the certificate in this page was changed since it was signed.");
    const enclosed = document.getElementById("enclosed").textContent.replaceAll("\\u003c", "<");
    const digest = "urn:sha256:" + hex(await sha256(enclosed));
    if (!bare.evidence.some((each) => each.id === digest)) throw new Error("the enclosed evidence was changed");
    add("The enclosed evidence is what the certificate names.");
    for (const element of document.querySelectorAll("[data-says]")) {
      const value = element.dataset.says.split("/").reduce((at, step) => at[step], bare);
      if (value !== element.textContent) throw new Error("what is shown is not what is signed: " + element.textContent);
    }
    const whose = document.querySelector("[data-student]").textContent;
    const hashed = bare.credentialSubject.identifier[0];
    if (hashed.identityHash !== "sha256$" + hex(await sha256(whose + hashed.salt))) throw new Error("it is not " + whose + "'s");
    add("What is shown in this page is what was signed, and it is " + whose + "'s.");
    add("Not checked here: whom the key belongs to, and whether the certificate was revoked since. Compare the key with "
      + "the issuer's published profile, and ask for the status list: aisa verify --trust --status.");
    tell("The signature holds.", "good");
  } catch (failure) {
    if (failure.name === "NotSupportedError" || !globalThis.crypto?.subtle) {
      tell("This browser cannot check the signature. Use: aisa verify certificate.html", "open");
    } else {
      tell("This is not a valid certificate: " + failure.message + ".", "bad");
    }
  }
})();
