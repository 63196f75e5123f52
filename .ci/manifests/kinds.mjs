// Checks the kinds that Kubernetes itself does not have by the types of those who define them: node kinds.mjs <DOCUMENTS
// (a list, as JSON). Values by the kinds' validators; names of fields by the compiler, because validators let any pass.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";

const GATEWAY = "@kubernetes-models/gateway-api/gateway.networking.k8s.io/v1";
const PROMETHEUS = "@kubernetes-models/prometheus-operator/monitoring.coreos.com/v1";
const KINDS = { Gateway: GATEWAY, HTTPRoute: GATEWAY, PodMonitor: PROMETHEUS };

const documents = JSON.parse(readFileSync(0)).filter(({ kind }) => kind in KINDS);
assert(documents.length > 0, "none of these kinds");
// Azure has the Prometheus operator's kinds under a group of its own.
for (const document of documents) {
  document.apiVersion = document.apiVersion.replace(/^azmonitoring\./, "monitoring.");
}

for (const document of documents) {
  const { [document.kind]: Model } = await import(KINDS[document.kind]);
  new Model(document).validate();
}

const imports = Object.entries(KINDS).map(([kind, from]) => `import type { I${kind} } from "${from}";`);
const constants = documents.map(
  (document, i) => `export const of${i}: I${document.kind} = ${JSON.stringify(document, null, 1)};`,
);
writeFileSync("documents.ts", [...imports, ...constants].join("\n"));
const options = ["--noEmit", "--strict", "--skipLibCheck", "--module", "nodenext", "documents.ts"];
execFileSync("node_modules/.bin/tsc", options, { stdio: "inherit" });
for (const { kind, metadata } of documents) console.log(`${kind} ${metadata.name} fits its type`);
