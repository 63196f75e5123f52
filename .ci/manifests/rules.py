"""What reviewers of Kubernetes manifests refuse, said of the overlays: rules.py OVERLAY=RENDERED.yaml...

Schemas say what a field may be. These rules say what must be there, and what fits what.
"""

import json
import re
import sys
import tomllib
from pathlib import Path

import yaml

ROOT = Path(__file__).parents[2]
GATEWAY_NAMESPACE = "orders-gateway"
CLIENT_ID = "azure.workload.identity/client-id"
USES_IDENTITY = "azure.workload.identity/use"
CERTIFICATE = "kubernetes.azure.com/tls-cert-keyvault-uri"
CERTIFICATE_ACCOUNT = "kubernetes.azure.com/tls-cert-service-account"
INTERNAL = "service.beta.kubernetes.io/azure-load-balancer-internal"
PROBE = "service.beta.kubernetes.io/port_{}_health-probe"
CLUSTER_SCOPED = {"Namespace"}
NAMES = ["app.kubernetes.io/name", "app.kubernetes.io/component"]

broken = []


def rule(holds, sentence):
    if not holds:
        broken.append(sentence)


class Overlay:
    """One overlay as it would be applied."""

    def __init__(self, name, file):
        self.name = name
        # prod-external is prod, and a Gateway more.
        self.environment = name.removesuffix("-external")
        self.namespace = f"orders-{self.environment}"
        self.objects = [o for o in yaml.safe_load_all(Path(file).read_text()) if o]

    def of(self, kind):
        return [o for o in self.objects if o["kind"] == kind]

    def one(self, kind, name="orders"):
        found = [o for o in self.of(kind) if o["metadata"]["name"] == name]
        rule(len(found) == 1, f"{self.name}: not one {kind} {name}")
        return found[0] if found else None

    def workloads(self):
        return self.of("Deployment") + self.of("Job")

    def settings(self, workload):
        """The variables that a workload's container gets."""
        container = workload["spec"]["template"]["spec"]["containers"][0]
        names = [source["configMapRef"]["name"] for source in container["envFrom"]]
        return {k: v for name in names for k, v in self.one("ConfigMap", name)["data"].items()}


def labels(o):
    return o["metadata"].get("labels", {})


def annotations(o):
    return o["metadata"].get("annotations", {})


def check_namespaces(o):
    own = {n["metadata"]["name"] for n in o.of("Namespace")}
    rule(own == {o.namespace, GATEWAY_NAMESPACE}, f"{o.name}: namespaces are {own}")
    for namespace in o.of("Namespace"):
        name = namespace["metadata"]["name"]
        least = "restricted" if name == o.namespace else "baseline"
        for mode, level in [("enforce", least), ("audit", "restricted"), ("warn", "restricted")]:
            label = f"pod-security.kubernetes.io/{mode}"
            rule(labels(namespace).get(label) == level, f"{o.name}: {name} has no {label}={level}")
    for thing in o.objects:
        where = thing["metadata"].get("namespace")
        rule(thing["kind"] in CLUSTER_SCOPED or where in own, f"{o.name}: {thing['kind']} in namespace {where}")
        # The pipeline may deploy in the desk's namespace alone.
        platform = labels(thing).get("release-step") == "platform"
        rule(platform == (where != o.namespace), f"{o.name}: {thing['kind']} {thing['metadata']['name']}: whose is it?")


def check_pods(o):
    for workload in o.workloads():
        name = f"{o.name}: {workload['kind']} {workload['metadata']['name']}"
        template = workload["spec"]["template"]
        pod = template["spec"]
        rule(pod.get("automountServiceAccountToken") is False, f"{name}: mounts a token")
        rule(pod.get("enableServiceLinks") is False, f"{name}: a Service's ORDERS_… variables would be unknown settings")
        context = pod.get("securityContext", {})
        rule(context.get("runAsNonRoot") is True and context.get("runAsUser") == 65532, f"{name}: may run as root")
        rule(context.get("seccompProfile") == {"type": "RuntimeDefault"}, f"{name}: no seccomp profile")
        rule(not {"hostNetwork", "hostPID", "hostIPC", "ephemeralContainers"} & set(pod), f"{name}: shares its node's")
        for volume in pod.get("volumes", []):
            rule(set(volume) <= {"name", "persistentVolumeClaim", "configMap", "emptyDir"}, f"{name}: volume {volume}")
        rule("initContainers" not in pod, f"{name}: init containers")
        for container in pod["containers"]:
            check_container(name, container)
        account = [a for a in o.of("ServiceAccount") if a["metadata"]["name"] == pod["serviceAccountName"]]
        rule(len(account) == 1, f"{name}: no service account {pod['serviceAccountName']}")
        known = bool(account) and CLIENT_ID in annotations(account[0])
        uses = template["metadata"]["labels"].get(USES_IDENTITY) == "true"
        rule(known == uses, f"{name}: client id and label {USES_IDENTITY} do not come together")
    for thing in o.objects:
        rule(USES_IDENTITY not in labels(thing), f"{o.name}: {USES_IDENTITY} on a {thing['kind']}, not a pod template")


def check_container(name, container):
    context = container.get("securityContext", {})
    rule(context.get("runAsNonRoot") is True and not context.get("privileged"), f"{name}: may run as root")
    rule(context.get("allowPrivilegeEscalation") is False, f"{name}: may gain rights")
    rule(context.get("readOnlyRootFilesystem") is True, f"{name}: can write to its root")
    rule(context.get("capabilities") == {"drop": ["ALL"]}, f"{name}: keeps capabilities")
    rule("lifecycle" not in container, f"{name}: the desk drains by itself, and has no shell to sleep in")
    rule(not {"env", "hostPort"} & set(container), f"{name}: settings come from the ConfigMap alone")
    for kind in ("requests", "limits"):
        resources = container.get("resources", {}).get(kind, {})
        rule({"cpu", "memory"} <= set(resources), f"{name}: no {kind}")
    image = container["image"]
    rule(re.fullmatch(r"[^:@]+/orders@sha256:[0-9a-f]{64}", image), f"{name}: {image} is not an image by its digest")


def check_probes(o):
    container = o.one("Deployment")["spec"]["template"]["spec"]["containers"][0]
    paths = {p: container[p]["httpGet"]["path"] for p in ("startupProbe", "readinessProbe", "livenessProbe")}
    rule(
        paths == {"startupProbe": "/healthz", "readinessProbe": "/readyz", "livenessProbe": "/healthz"},
        f"{o.name}: probes ask {paths}: only readiness asks the database",
    )
    ports = {p: container[p]["httpGet"]["port"] for p in paths}
    rule(set(ports.values()) == {"ops"}, f"{o.name}: probes ask where clients may take all connections: {ports}")
    startup = container["startupProbe"]["periodSeconds"] * container["startupProbe"]["failureThreshold"]
    deadline = o.one("Deployment")["spec"]["progressDeadlineSeconds"]
    # The desk itself waits a minute for a database that wakes.
    rule(60 < startup < deadline, f"{o.name}: {startup} s to start in, {deadline} s for a rollout")


def check_ops(o):
    """Metrics are where the scraper may ask, and nobody else."""
    desk = o.one("Deployment")
    container = desk["spec"]["template"]["spec"]["containers"][0]
    ports = {port["name"]: port["containerPort"] for port in container["ports"]}
    settings = o.settings(desk)
    for name, setting in [("http", "ORDERS_SERVER__LISTEN"), ("ops", "ORDERS_SERVER__OPS_LISTEN")]:
        rule(settings[setting] == f"0.0.0.0:{ports[name]}", f"{o.name}: {setting} is not the port {name}")
    reached = {port["targetPort"] for service in o.of("Service") for port in service["spec"]["ports"]}
    rule(reached == {"http"}, f"{o.name}: Services lead to {reached}")
    scraped = [(e["port"], e["path"]) for e in o.one("PodMonitor")["spec"]["podMetricsEndpoints"]]
    rule(scraped == [("ops", "/metrics")], f"{o.name}: scrapes {scraped}")
    for policy, port in [("from-gateway", ports["http"]), ("from-scraper", ports["ops"])]:
        (way,) = o.one("NetworkPolicy", policy)["spec"]["ingress"]
        rule(way["ports"] == [{"port": port, "protocol": "TCP"}], f"{o.name}: {policy} lets in to {way['ports']}")


def check_proxies(o):
    """The desk trusts the addresses of pods, of which only the Gateway's proxies reach it."""
    variables = (ROOT / "terraform/modules/aks-cluster/variables.tf").read_text()
    pods = re.search(r'variable "pod_cidr" \{.*?default += "([^"]+)"', variables, re.DOTALL)[1]
    trusted = o.settings(o.one("Deployment")).get("ORDERS_SERVER__TRUSTED_PROXIES")
    rule(trusted == pods, f"{o.name}: trusts {trusted}, and pods come from {pods}")
    set_elsewhere = [f for f in (ROOT / "terraform").rglob("*.tf*") if re.search(r"^\s*pod_cidr\s*=\s*\"", f.read_text(), re.M)]
    rule(not [f for f in set_elsewhere if "tests" not in f.parts], f"pods come from elsewhere: {set_elsewhere}")


def check_rollout(o):
    desk = o.one("Deployment")["spec"]
    grace = desk["template"]["spec"]["terminationGracePeriodSeconds"]
    config = tomllib.loads((ROOT / "config.toml").read_text())
    server = config["default"]["server"] | config.get(o.settings(o.one("Deployment"))["ORDERS_PROFILE"], {}).get("server", {})
    stopping = server["drain_seconds"] + server["shutdown_seconds"]
    rule(grace > stopping + 5, f"{o.name}: {grace} s of grace are not longer than {stopping} s of stopping")
    if o.of("HorizontalPodAutoscaler"):
        drain = server["drain_seconds"]
        # The proxies hear of it from the API server, a second or two after the pod is told to end.
        rule(drain >= 10, f"{o.name}: the Gateway still sends requests {drain} s after the desk was told to stop")
        check_many(o, desk)
    else:
        check_one(o, desk)


def check_many(o, desk):
    scaler = o.one("HorizontalPodAutoscaler")["spec"]
    rule("replicas" not in desk, f"{o.name}: replicas beside an autoscaler")
    rule(scaler["minReplicas"] >= 3, f"{o.name}: fewer than three desks")
    update = desk["strategy"].get("rollingUpdate", {})
    rule(update.get("maxUnavailable") == 0 and update.get("maxSurge"), f"{o.name}: a rollout takes desks away: {update}")
    rule(desk["strategy"]["type"] == "RollingUpdate" and desk["minReadySeconds"] >= 5, f"{o.name}: too hasty a rollout")
    rule(scaler["maxReplicas"] > scaler["minReplicas"], f"{o.name}: an autoscaler that scales nothing")
    target = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "orders"}
    rule(scaler["scaleTargetRef"] == target, f"{o.name}: the autoscaler is for something else")
    budget = o.one("PodDisruptionBudget")["spec"]
    rule(budget.get("maxUnavailable") == 1, f"{o.name}: nodes cannot be drained, or too many at once")
    rule(budget["selector"] == desk["selector"], f"{o.name}: the disruption budget is for other pods")
    zones = [s for s in desk["template"]["spec"]["topologySpreadConstraints"] if s["topologyKey"] == "topology.kubernetes.io/zone"]
    rule(zones and zones[0]["whenUnsatisfiable"] == "DoNotSchedule", f"{o.name}: not over zones")


def check_one(o, desk):
    rule(desk.get("replicas") == 1 and desk["strategy"] == {"type": "Recreate"}, f"{o.name}: two writers on SQLite")
    rule(not o.of("PodDisruptionBudget"), f"{o.name}: a disruption budget for one desk keeps nodes from being drained")
    claim = o.one("PersistentVolumeClaim")["spec"]
    rule(claim["accessModes"] == ["ReadWriteOncePod"], f"{o.name}: two pods could write")
    settings = o.settings(o.one("Deployment"))
    pod = desk["template"]["spec"]
    claimed = [v["name"] for v in pod["volumes"] if "persistentVolumeClaim" in v]
    folders = [m["mountPath"] for m in pod["containers"][0]["volumeMounts"] if m["name"] in claimed]
    kept = len(folders) == 1 and settings["ORDERS_DATABASE__URL"].startswith(f"sqlite:{folders[0]}/")
    rule(kept, f"{o.name}: SQLite is not on the volume")


def check_downloads(o):
    """Files of orders have the time that the desk gives them, and room for workbooks."""
    router = (ROOT / "src/http/router.rs").read_text()
    limits = (ROOT / "src/http/limits.rs").read_text()
    minutes = int(re.search(r"download: Some\(Duration::from_mins\((\d+)\)\)", limits)[1])
    downloads = set(re.findall(r'^ +"([^"]+)" +Page +DOWNLOAD ', router, re.MULTILINE))
    route = [r for r in o.of("HTTPRoute") if r["metadata"]["name"] == "orders"][0]
    longest = [r for r in route["spec"]["rules"] if r.get("timeouts", {}).get("request") == f"{minutes * 60 + 15}s"]
    paths = {(m["path"]["type"], m["path"]["value"]) for r in longest for m in r["matches"]}
    wanted = {("RegularExpression", re.sub(r"\{\w+\}", "[^/]+", path)) if "{" in path else ("Exact", path) for path in downloads}
    rule(downloads and paths == wanted, f"{o.name}: the Gateway gives {paths} the time that {downloads} have")
    pod = o.one("Deployment")["spec"]["template"]["spec"]
    bounded = [v["name"] for v in pod["volumes"] if v.get("emptyDir", {}).get("sizeLimit")]
    mounts = {m["mountPath"] for m in pod["containers"][0]["volumeMounts"] if m["name"] in bounded}
    rule("/tmp" in mounts, f"{o.name}: no room for temporary files")


def check_network(o):
    deny = o.one("NetworkPolicy", "default-deny")["spec"]
    rule(deny == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}, f"{o.name}: default-deny lets something by")
    for policy in o.of("NetworkPolicy"):
        for way in policy["spec"].get("ingress", []) + policy["spec"].get("egress", []):
            rule(way.get("ports") and (way.get("from") or way.get("to")), f"{o.name}: {policy['metadata']['name']} is open")
    rule("orders-gateway" in str(o.one("NetworkPolicy", "from-gateway")), f"{o.name}: the Gateway cannot reach the desk")
    out = [p for p in o.of("NetworkPolicy") if p["spec"].get("egress")] + o.of("CiliumNetworkPolicy")
    if not any(s["ORDERS_DATABASE__URL"].startswith("mssql:") for s in map(o.settings, o.workloads())):
        rule(not out, f"{o.name}: needs no way out, and has one")
        return
    ways = {p["metadata"]["name"] for p in out}
    known = {"to-azure-sql", "to-key-vault", "to-gateway", "to-dns-and-entra", "to-provider"}
    rule(ways == known, f"{o.name}: ways out: {ways}")
    check_private(o)
    check_public_url(o)
    check_provider(o)
    ports = {(p["port"], p.get("endPort")) for p in o.one("NetworkPolicy", "to-azure-sql")["spec"]["egress"][0]["ports"]}
    rule(ports == {(1433, None), (11000, 11999)}, f"{o.name}: to Azure SQL by {ports}")
    named = o.one("CiliumNetworkPolicy", "to-dns-and-entra")["spec"]
    names, entra = named["egress"]
    asked = names["toPorts"][0]["rules"]["dns"]
    rule(names["toPorts"][0]["ports"] == [{"port": "53", "protocol": "ANY"}], f"{o.name}: no way to DNS")
    rule(entra["toFQDNs"] == [{"matchName": "login.microsoftonline.com"}], f"{o.name}: no way to Entra")
    host = o.of("HTTPRoute")[0]["spec"]["hostnames"][0]
    needed = [
        {"matchName": "login.microsoftonline.com"},
        {"matchPattern": "*.vault.azure.net"},
        {"matchPattern": "*.database.windows.net"},
        {"matchName": host},
    ]
    rule(asked == needed, f"{o.name}: may ask for {asked}, needs {needed}")
    for workload in o.workloads():
        pod = workload["spec"]["template"]
        rule(named["endpointSelector"]["matchLabels"].items() <= pod["metadata"]["labels"].items(), f"{o.name}: cut off")
        # Else the resolver would ask for names that the policy refuses first.
        rule({"name": "ndots", "value": "1"} in pod["spec"]["dnsConfig"]["options"], f"{o.name}: asks for other names")


def check_private(o):
    """Azure SQL and Key Vault are in the subnet of private endpoints, and nothing else is asked there."""
    subnet = re.search(r"^PRIVATE_ENDPOINTS=(.*)$", cluster_env(o), re.MULTILINE)[1]
    for name in ("to-azure-sql", "to-key-vault"):
        to = [peer for way in o.one("NetworkPolicy", name)["spec"]["egress"] for peer in way["to"]]
        rule(to == [{"ipBlock": {"cidr": subnet}}], f"{o.name}: {name} goes to {to}")
    ports = o.one("NetworkPolicy", "to-key-vault")["spec"]["egress"][0]["ports"]
    rule(ports == [{"port": 443, "protocol": "TCP"}], f"{o.name}: to Key Vault by {ports}")


def check_provider(o):
    """The desk may go to the provider at which its people sign in, and by this policy nowhere else."""
    issuer = o.settings(o.one("Deployment"))["ORDERS_AUTH__ISSUER"]
    host = re.fullmatch(r"https://([a-z0-9.-]+)(/.*)?", issuer)
    rule(host, f"{o.name}: {issuer} is not reached by https on port 443")
    named = o.one("CiliumNetworkPolicy", "to-provider")["spec"]
    names, provider = named["egress"]
    asked = names["toPorts"][0]["rules"]["dns"]
    rule(names["toPorts"][0]["ports"] == [{"port": "53", "protocol": "ANY"}], f"{o.name}: to-provider asks DNS by {names}")
    rule(host and asked == provider["toFQDNs"] == [{"matchName": host[1]}], f"{o.name}: people sign in at {issuer}, and the desk may go to {provider['toFQDNs']}")
    rule(provider["toPorts"] == [{"ports": [{"port": "443", "protocol": "TCP"}]}], f"{o.name}: to the provider by {provider['toPorts']}")
    desk = o.one("Deployment")["spec"]["template"]["metadata"]["labels"]
    rule(named["endpointSelector"]["matchLabels"] == {k: desk[k] for k in NAMES}, f"{o.name}: to-provider is for {named['endpointSelector']}")


def check_sign_in(o):
    """Prod's people sign in, each role by its own word, and no secret is in the manifests."""
    settings = o.settings(o.one("Deployment"))
    if o.environment == "dev":
        rule(not [name for name in settings if name.startswith("ORDERS_AUTH__")], f"{o.name}: half of a sign-in")
        return
    rule(settings.get("ORDERS_AUTH__MODE") == "oidc", f"{o.name}: nobody signs in")
    env = dict(re.findall(r"^([A-Z_]+)=(.*)$", cluster_env(o), re.MULTILINE))
    rule(settings["ORDERS_AUTH__ISSUER"] == env["OIDC_ISSUER"], f"{o.name}: another issuer than cluster.env's")
    rule(settings["ORDERS_AUTH__CLIENT_ID"] == env["OIDC_CLIENT_ID"], f"{o.name}: another client than cluster.env's")
    values = {role["value"] for role in json.loads((ROOT / "terraform/app-roles.json").read_text())}
    mapped = {name.removeprefix("ORDERS_AUTH__ROLES__").lower(): value for name, value in settings.items() if name.startswith("ORDERS_AUTH__ROLES__")}
    rule(mapped == {value: value for value in values}, f"{o.name}: Entra says {values}, and the desk understands {mapped}")
    rule("ORDERS_AUTH__CLIENT_SECRET" not in settings, f"{o.name}: a secret in a ConfigMap")


def check_public_url(o):
    """The desk looks at its own certificate, through the Gateway's proxies."""
    host = o.of("HTTPRoute")[0]["spec"]["hostnames"][0]
    url = o.settings(o.one("Deployment")).get("ORDERS_SERVER__PUBLIC_URL")
    rule(url == f"https://{host}", f"{o.name}: the desk would look for its certificate at {url}")
    inward, outward = o.one("NetworkPolicy", "from-gateway")["spec"], o.one("NetworkPolicy", "to-gateway")["spec"]
    (way,) = outward["egress"]
    rule(way["to"] == inward["ingress"][0]["from"], f"{o.name}: asks other proxies than those that ask it: {way['to']}")
    rule(way["ports"] == [{"port": 443, "protocol": "TCP"}], f"{o.name}: to the Gateway by {way['ports']}")


def cluster_env(o):
    return (ROOT / f"kustomize/overlays/{o.environment}/cluster/cluster.env").read_text()


def check_gateways(o):
    rule(not o.of("Ingress"), f"{o.name}: an Ingress")
    settings = o.settings(o.one("Deployment"))
    signs_in = settings.get("ORDERS_AUTH__MODE", "none") != "none"
    named = settings.get("ORDERS_SERVER__PUBLIC_URL") or settings.get("ORDERS_SERVER__HOSTS", "[]") != "[]"
    rule(signs_in or named, f"{o.name}: nobody signs in, and the desk answers to any name")
    accounts = {a["metadata"]["name"]: a for a in o.of("ServiceAccount") if a["metadata"]["namespace"] == GATEWAY_NAMESPACE}
    hosts = set()
    rule(o.of("Gateway"), f"{o.name}: no Gateway")
    faces = {g["metadata"]["name"] for g in o.of("Gateway")}
    outside = {"orders-external"} if o.name.endswith("-external") else set()
    rule(faces == {"orders-internal"} | outside, f"{o.name}: Gateways are {faces}")
    for gateway in o.of("Gateway"):
        name = f"{o.name}: Gateway {gateway['metadata']['name']}"
        spec = gateway["spec"]
        internal = spec["infrastructure"]["annotations"].get(INTERNAL) == "true"
        rule(internal == (gateway["metadata"]["name"] == "orders-internal"), f"{name}: internal is {internal}")
        rule(internal or signs_in, f"{name}: faces the internet, and nobody signs in")
        # Then the desk has its cookies for this host alone, and says that browsers are to come by https alone (HSTS).
        rule(internal or settings["ORDERS_SERVER__PUBLIC_URL"].startswith("https://"), f"{name}: a desk that says nothing of https")
        rule(spec["gatewayClassName"] == "approuting-istio", f"{name}: class {spec['gatewayClassName']}")
        for port in {listener["port"] for listener in spec["listeners"]}:
            probe = {kind: spec["infrastructure"]["annotations"].get(f"{PROBE.format(port)}_{kind}") for kind in ("port", "protocol", "request-path")}
            rule(
                probe == {"port": "15021", "protocol": "http", "request-path": "/healthz/ready"},
                f"{name}: the load balancer would ask port {port} for a page by address: {probe}",
            )
        tls = [listener for listener in spec["listeners"] if listener["protocol"] == "HTTPS"]
        rule(len(tls) == 1, f"{name}: no TLS")
        options = tls[0]["tls"]["options"]
        rule(
            re.fullmatch(r"https://[a-z0-9-]+\.vault\.azure\.net/certificates/[A-Za-z0-9-]+", options[CERTIFICATE]),
            f"{name}: {options[CERTIFICATE]} is not a certificate without a version",
        )
        rule(CLIENT_ID in annotations(accounts[options[CERTIFICATE_ACCOUNT]]), f"{name}: nobody to read the certificate")
        hosts |= {listener["hostname"] for listener in spec["listeners"]}
    for route in o.of("HTTPRoute"):
        name = f"{o.name}: HTTPRoute {route['metadata']['name']}"
        parents = {(p["name"], p["sectionName"]) for p in route["spec"]["parentRefs"]}
        section = "http" if route["metadata"]["namespace"] == GATEWAY_NAMESPACE else "https"
        rule(parents == {(g["metadata"]["name"], section) for g in o.of("Gateway")}, f"{name}: hangs on {parents}")
        rule(set(route["spec"]["hostnames"]) == hosts, f"{name}: other hosts than its Gateway's")
    rule(settings["ORDERS_SERVER__HOSTS"] == str(sorted(hosts)).replace("'", '"'), f"{o.name}: the desk answers to others")


def check_release(overlays):
    images = {
        c["image"] for o in overlays for w in o.workloads() for c in w["spec"]["template"]["spec"]["containers"]
    }
    rule(len(images) == 1, f"not one image for all: {images}")
    files = [f for f in sorted((ROOT / "kustomize").rglob("*")) if f.is_file()]
    with_digest = [str(f.relative_to(ROOT)) for f in files if "sha256:" in f.read_text()]
    rule(with_digest == ["kustomize/components/release/kustomization.yaml"], f"digests in {with_digest}")
    for overlay in overlays:
        text = (ROOT / f"kustomize/overlays/{overlay.name}/kustomization.yaml").read_text()
        base = "../../base" if overlay.name == overlay.environment else f"../{overlay.environment}"
        rule(f"- {base}\n" in text, f"{overlay.name}: not made from {base}")
    for file in files:
        text = file.read_text()
        rule("nginx" not in text, f"{file.name}: an NGINX, whose support ends")
        rule("commonLabels" not in text, f"{file.name}: commonLabels changes selectors")
        rule(":latest" not in text, f"{file.name}: an image by a tag that moves")
        rule("kind: Secret\n" not in text, f"{file.name}: a Secret")


def check_redirect(overlays):
    """Whoever comes without TLS is sent on, at each Gateway."""
    for overlay in overlays:
        (route,) = (r for r in overlay.of("HTTPRoute") if r["metadata"]["namespace"] == GATEWAY_NAMESPACE)
        filters = [f for r in route["spec"]["rules"] for f in r["filters"]]
        rule(filters == [{"type": "RequestRedirect", "requestRedirect": {"scheme": "https", "statusCode": 301}}], f"{overlay.name}: http answers by {filters}")


def check_filled(o):
    for thing in o.objects:
        rule("filled" not in str(thing), f"{o.name}: {thing['kind']} {thing['metadata']['name']} was not filled in")
    rule(not [c for c in o.of("ConfigMap") if c["metadata"]["name"] == "cluster"], f"{o.name}: deploys cluster.env itself")


def main():
    overlays = [Overlay(*argument.split("=", 1)) for argument in sys.argv[1:]]
    checks = [
        check_namespaces, check_pods, check_probes, check_ops, check_proxies, check_rollout, check_network, check_sign_in, check_gateways, check_downloads, check_filled
    ]
    for overlay in overlays:
        for check in checks:
            check(overlay)
    check_release(overlays)
    check_redirect(overlays)
    for sentence in broken:
        print(sentence, file=sys.stderr)
    sys.exit(1 if broken else 0)


main()
