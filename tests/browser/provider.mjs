// A provider of identities on this machine, with roles as Microsoft Entra has them: people are picked from a list.

import { generateKeyPairSync, randomBytes } from "node:crypto";
import { createServer } from "node:http";
import Provider from "oidc-provider";
import { freePort, openDesk } from "./desk.mjs";

const tenant = "2b1ad2c0-6a4e-4f1c-9b61-1f4c3cf2a7de";

/** Who can sign in: by a name for the list, with the values of the claim `roles`. */
export const people = {
  anna: { name: "Anna Kowalska", roles: ["clerk"], oid: "5f0c4f3e-8d1f-4f6b-9a61-0b9d7c1f2a01" },
  ada: { name: "Ada Nilsson", roles: ["admin"], oid: "5f0c4f3e-8d1f-4f6b-9a61-0b9d7c1f2a04" },
  bert: { name: "Bert Ångström", roles: ["clerk", "viewer"], oid: "5f0c4f3e-8d1f-4f6b-9a61-0b9d7c1f2a05" },
  victor: { name: "Victor Hahn", roles: ["viewer"], oid: "5f0c4f3e-8d1f-4f6b-9a61-0b9d7c1f2a02" },
  stranger: { name: "Sam Stranger", roles: [], oid: "5f0c4f3e-8d1f-4f6b-9a61-0b9d7c1f2a03" },
};

/** A desk at which people sign in, and the provider beside it, whose pages `openPage` takes for no strangers. */
export async function openDeskForPeople({ rows = 0 } = {}) {
  const provider = await openProvider(`http://127.0.0.1:${await freePort()}`);
  const desk = await openDesk({ rows, variables: provider.variables });
  const close = async () => {
    await desk.close();
    provider.close();
  };
  return { url: desk.url, others: [provider.issuer], close };
}

/** From wherever the desk asks for it to wherever somebody was going to. */
export async function signIn(page, person) {
  await page.getByRole("heading", { name: "Sign in" }).waitFor();
  await page.getByRole("link", { name: "Sign in", exact: true }).click();
  await page.getByRole("heading", { name: "Who are you?" }).waitFor();
  await page.getByRole("link", { name: people[person].name }).click();
}

/** The same for another person than the one whom the browser, and the provider, know. */
export async function signInAnew(page, path, person) {
  await page.context().clearCookies();
  await page.goto(path);
  await signIn(page, person);
  await page.waitForURL(path);
}

/** Starts a provider that knows one desk, by the address at which people reach it. */
async function openProvider(deskUrl) {
  const server = createServer();
  await new Promise((done) => server.listen(0, "127.0.0.1", done));
  const issuer = `http://127.0.0.1:${server.address().port}`;
  const secret = randomBytes(24).toString("base64url");
  const provider = new Provider(issuer, settings(deskUrl, secret));
  const answer = provider.callback();
  server.on("request", (request, response) => {
    if (!request.url.startsWith("/pick/")) return answer(request, response);
    pick(provider, request, response).catch((error) => response.writeHead(500).end(String(error)));
  });
  return {
    issuer,
    /** The settings of a desk at which people sign in here. */
    variables: {
      ORDERS_SERVER__LISTEN: new URL(deskUrl).host,
      ORDERS_SERVER__PUBLIC_URL: deskUrl,
      ORDERS_AUTH__MODE: "oidc",
      ORDERS_AUTH__ISSUER: issuer,
      ORDERS_AUTH__CLIENT_ID: "order-desk",
      ORDERS_AUTH__CLIENT_SECRET: secret,
      ORDERS_AUTH__ROLES__VIEWER: "viewer",
      ORDERS_AUTH__ROLES__CLERK: "clerk",
      ORDERS_AUTH__ROLES__ADMIN: "admin",
    },
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

function settings(deskUrl, secret) {
  const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  return {
    clients: [
      {
        client_id: "order-desk",
        client_secret: secret,
        redirect_uris: [`${deskUrl}/sign-in/callback`],
        response_types: ["code"],
        grant_types: ["authorization_code"],
      },
    ],
    jwks: { keys: [{ ...privateKey.export({ format: "jwk" }), use: "sig", alg: "RS256" }] },
    cookies: { keys: [randomBytes(24).toString("hex")] },
    // As Entra does, in the ID token itself.
    conformIdTokenClaims: false,
    claims: { openid: ["sub", "tid", "oid", "roles"], profile: ["name"] },
    features: { devInteractions: { enabled: false } },
    interactions: { url: (_, interaction) => `/pick/${interaction.uid}` },
    findAccount: (_, id) => ({ accountId: id, claims: () => ({ sub: id, tid: tenant, ...people[id] }) }),
    // Nobody is asked whether the desk may know who they are: the company has agreed to that.
    loadExistingGrant: async ({ oidc }) => {
      const grant = new oidc.provider.Grant({ clientId: oidc.client.clientId, accountId: oidc.session.accountId });
      grant.addOIDCScope("openid profile");
      await grant.save();
      return grant;
    },
    ttl: { AccessToken: 300, Grant: 300, IdToken: 300, Interaction: 300, Session: 300 },
  };
}

/** The page with the list of people, and what follows when one is picked. */
async function pick(provider, request, response) {
  const picked = new URL(request.url, provider.issuer).searchParams.get("as");
  if (picked) return provider.interactionFinished(request, response, { login: { accountId: picked } });
  const links = Object.entries(people).map(([id, { name }]) => `<li><a href="?as=${id}">${name}</a></li>`);
  response.writeHead(200, { "Content-Type": "text/html; charset=utf-8" });
  response.end(`<!DOCTYPE html><html lang="en"><title>Who are you?</title><link rel="icon" href="data:,"><h1>Who are you?</h1><ul>${links.join("")}</ul></html>`);
}
