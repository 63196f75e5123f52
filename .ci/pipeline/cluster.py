"""Stands in for a cluster's API server, so that the real kubectl has somebody to talk to: cluster.py FOLDER

Writes its address into FOLDER/address, and each change that it is asked for into FOLDER/told. It knows the kinds of the
overlays, who owns which field (server-side apply), and enough of the controllers that rollouts, Jobs and Gateways come
to an end. How they end is in the folder:
    breaks    while this is there, a new Deployment's pods do not come up
    job       how the Job ends: Complete or Failed
    mute      while this is there, no log can be read
Who comes by ADDRESS/release is the pipeline, and may do what Azure lets it: anything in the desk's namespace, and nothing
elsewhere. (kubectl sends no token without TLS.) Anybody else is an administrator.
"""

import copy
import json
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlparse

import yaml

FOLDER = Path(sys.argv[1])
PATCH_APPLY, PATCH_MERGE, PATCH_STRATEGIC = (f"application/{kind}" for kind in ("apply-patch+yaml", "merge-patch+json", "strategic-merge-patch+json"))

# Group and version: plural, kind, namespaced.
KINDS = {
    "v1": [("namespaces", "Namespace", False), ("configmaps", "ConfigMap", True), ("serviceaccounts", "ServiceAccount", True),
           ("services", "Service", True), ("pods", "Pod", True), ("persistentvolumeclaims", "PersistentVolumeClaim", True)],
    "apps/v1": [("deployments", "Deployment", True)],
    "batch/v1": [("jobs", "Job", True)],
    "autoscaling/v2": [("horizontalpodautoscalers", "HorizontalPodAutoscaler", True)],
    "policy/v1": [("poddisruptionbudgets", "PodDisruptionBudget", True)],
    "networking.k8s.io/v1": [("networkpolicies", "NetworkPolicy", True)],
    "gateway.networking.k8s.io/v1": [("gateways", "Gateway", True), ("httproutes", "HTTPRoute", True)],
    "azmonitoring.coreos.com/v1": [("podmonitors", "PodMonitor", True)],
    "cilium.io/v2": [("ciliumnetworkpolicies", "CiliumNetworkPolicy", True)],
}
SHORT = {"horizontalpodautoscalers": ["hpa"], "poddisruptionbudgets": ["pdb"]}
# Lists whose items have names of their own; any other list has one owner.
NAMED_ITEMS = {"containers", "listeners"}

objects, owners = {}, {}
changed = threading.Condition()
version = 0


class Refused(Exception):
    def __init__(self, code, reason, message):
        super().__init__(message)
        self.status = {"kind": "Status", "apiVersion": "v1", "status": "Failure", "code": code, "reason": reason, "message": message}


def prefix(group_version):
    return f"/api/{group_version}" if "/" not in group_version else f"/apis/{group_version}"


def leaves(value, path=()):
    """What a manager owns by naming it: paths and values."""
    if isinstance(value, dict) and value:
        for key, child in value.items():
            yield from leaves(child, (*path, key))
    elif isinstance(value, list) and path and path[-1] in NAMED_ITEMS:
        for item in value:
            yield from leaves(item, (*path, ("name", item["name"])))
    else:
        yield path, value


def step(node, key, make):
    if isinstance(key, tuple):
        for item in node:
            if item["name"] == key[1]:
                return item
        if not make:
            return None
        node.append({"name": key[1]})
        return node[-1]
    if make and key not in node:
        node[key] = [] if key in NAMED_ITEMS else {}
    return node.get(key)


def put(root, path, value):
    node = root
    for key in path[:-1]:
        node = step(node, key, True)
    node[path[-1]] = copy.deepcopy(value)


def take(root, path):
    """Takes a field away, and what is empty without it."""
    if not path:
        return
    parents = [root]
    for key in path[:-1]:
        parents.append(step(parents[-1], key, False))
        if parents[-1] is None:
            return
    for node, key in zip(reversed(parents), reversed(path)):
        if isinstance(key, tuple):
            if set(step(node, key, False)) <= {"name"}:
                node.remove(step(node, key, False))
            return
        node.pop(key, None)
        if node:
            return


def apply(key, config, manager, force):
    """Server-side apply: what one manager names is set; what it named before, and nobody else does, is gone."""
    live, owned = objects.get(key, {}), owners.setdefault(key, {})
    wanted = {path: value for path, value in leaves(config) if path[-1:] != ("creationTimestamp",)}
    have = dict(leaves(live))
    for other, paths in owned.items():
        clash = [p for p in paths if other != manager and p in wanted and have.get(p) != wanted[p]]
        if clash and not force:
            raise Refused(409, "Conflict", f"Apply failed with {len(clash)} conflict: conflict with {other!r}: {clash}")
        paths.difference_update(clash)
    for path in owned.get(manager, set()) - set(wanted):
        if not any(path in paths for other, paths in owned.items() if other != manager):
            take(live, path)
    for path, value in wanted.items():
        put(live, path, value)
    owned[manager] = set(wanted)
    return live


def merge(target, patch):
    for name, value in patch.items():
        if value is None:
            target.pop(name, None)
        elif isinstance(value, dict) and isinstance(target.get(name), dict):
            merge(target[name], value)
        else:
            target[name] = value
    return target


def own(key, manager, before, after):
    """Whoever changes a field otherwise owns it from then on."""
    had = dict(leaves(before))
    mine = {path for path, value in leaves(after) if had.get(path) != value and path[0] != "status"}
    for paths in owners.setdefault(key, {}).values():
        paths.difference_update(mine)
    owners[key].setdefault(manager, set()).update(mine)


def settle(key, before, live):
    """The controllers' part."""
    if live["kind"] == "Deployment":
        if before.get("spec") == live["spec"]:
            return
        live["metadata"]["generation"] = before.get("metadata", {}).get("generation", 0) + 1
        live["spec"].setdefault("replicas", 1)
        count, well = live["spec"]["replicas"], not (FOLDER / "breaks").exists()
        reason = "NewReplicaSetAvailable" if well else "ProgressDeadlineExceeded"
        live["status"] = {
            "observedGeneration": live["metadata"]["generation"], "replicas": count, "updatedReplicas": count,
            "availableReplicas": count if well else 0,
            "conditions": [{"type": "Progressing", "status": "True" if well else "False", "reason": reason}],
        }
    if live["kind"] == "Job" and not before:
        end = (FOLDER / "job").read_text().strip()
        live["spec"]["selector"] = {"matchLabels": {"batch.kubernetes.io/job-name": live["metadata"]["name"]}}
        live["status"] = {"conditions": [{"type": "SuccessCriteriaMet" if end == "Complete" else "FailureTarget", "status": "True"}, {"type": end, "status": "True"}]}
        pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": f"{live['metadata']['name']}-1", "namespace": key[1], "labels": live["spec"]["selector"]["matchLabels"]},
               "spec": {"containers": [{"name": "migrate"}]}, "status": {"phase": "Succeeded"}}
        save(("pods", key[1], pod["metadata"]["name"]), pod)
    if live["kind"] == "Gateway":
        live["status"] = {"addresses": [{"type": "IPAddress", "value": "10.20.0.9"}], "conditions": [{"type": "Programmed", "status": "True"}]}


def save(key, live):
    global version
    version += 1
    live["metadata"]["resourceVersion"] = str(version)
    live["metadata"].setdefault("uid", f"uid-{version}")
    objects[key] = live
    changed.notify_all()


def tell(words):
    with (FOLDER / "told").open("a") as file:
        print(words, file=file)


def selected(live, query):
    labels = live["metadata"].get("labels", {})
    for one in filter(None, query.get("labelSelector", [""])[0].split(",")):
        name, _, value = one.partition("=")
        if labels.get(name) != value.lstrip("="):
            return False
    fields = query.get("fieldSelector", [""])[0]
    return not fields or fields == f"metadata.name={live['metadata']['name']}"


class Api(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def answer(self, body, code=200):
        text = body.encode() if isinstance(body, str) else json.dumps(body).encode()
        self.send_response(code)
        self.send_header("Content-Type", "text/plain" if isinstance(body, str) else "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def handle_one(self):
        url = urlparse(self.path)
        _, self.who, path = url.path.split("/", 2)
        path = f"/{path}"
        query = parse_qs(url.query, keep_blank_values=True)
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        try:
            found = self.discovery(path)
            if found is None:
                found = self.resource(path, query, body)
            if found is not None:
                self.answer(*found) if isinstance(found, tuple) else self.answer(found)
        except Refused as refused:
            self.answer(refused.status, refused.status["code"])

    do_GET = do_POST = do_PATCH = do_DELETE = handle_one

    @staticmethod
    def discovery(path):
        if path == "/version":
            return {"major": "1", "minor": "36", "gitVersion": "v1.36.4"}
        if path == "/api":
            return {"kind": "APIVersions", "versions": ["v1"]}
        if path == "/apis":
            groups = [gv.split("/") for gv in KINDS if "/" in gv]
            return {"kind": "APIGroupList", "apiVersion": "v1", "groups": [
                {"name": g, "versions": [{"groupVersion": f"{g}/{v}", "version": v}], "preferredVersion": {"groupVersion": f"{g}/{v}", "version": v}} for g, v in groups]}
        if path == "/openapi/v3":
            return {"paths": {prefix(gv)[1:]: {"serverRelativeURL": f"/openapi/v3{prefix(gv)}"} for gv in KINDS}}
        for gv, kinds in KINDS.items():
            if path == prefix(gv):
                return {"kind": "APIResourceList", "apiVersion": "v1", "groupVersion": gv, "resources": [
                    {"name": plural, "singularName": kind.lower(), "kind": kind, "namespaced": namespaced, "shortNames": SHORT.get(plural, []),
                     "verbs": ["create", "delete", "get", "list", "patch", "watch"]} for plural, kind, namespaced in kinds]}
            if path == f"/openapi/v3{prefix(gv)}":
                group, _, v = gv.rpartition("/")
                return {"openapi": "3.0.0", "info": {"title": "k", "version": "1"}, "paths": {
                    f"{prefix(gv)}/{plural}/{{name}}": {"patch": {
                        "parameters": [{"name": "fieldValidation", "in": "query"}], "responses": {},
                        "x-kubernetes-group-version-kind": {"group": group, "kind": kind, "version": v}}} for plural, kind, _ in kinds}}
        return None

    def resource(self, path, query, body):
        for gv, kinds in KINDS.items():
            if not path.startswith(f"{prefix(gv)}/"):
                continue
            parts = [unquote(part) for part in path[len(prefix(gv)) + 1:].split("/")]
            namespace = ""
            if parts[0] == "namespaces" and len(parts) > 2:
                namespace, parts = parts[1], parts[2:]
            for plural, kind, namespaced in kinds:
                if parts[0] == plural and namespaced == bool(namespace):
                    self.authorize(plural, namespace)
                    return self.act(gv, plural, kind, namespace, parts[1:], query, body)
        raise Refused(404, "NotFound", f"there is no {path} here")

    def authorize(self, plural, namespace):
        if self.who == "release" and (not namespace.startswith("orders-") or namespace == "orders-gateway"):
            raise Refused(403, "Forbidden", f"the pipeline may not {self.command} {plural} in {namespace or 'the cluster'}")

    def act(self, gv, plural, kind, namespace, rest, query, body):
        with changed:
            if not rest and self.command == "GET":
                if "watch" in query:
                    return self.watch(plural, namespace, query)
                items = [live for (p, n, _), live in objects.items() if p == plural and n == namespace and selected(live, query)]
                return {"kind": f"{kind}List", "apiVersion": gv, "metadata": {"resourceVersion": str(version)}, "items": items}
            given = yaml.safe_load(body) if body else None
            name = rest[0] if rest else given["metadata"]["name"]
            key = (plural, namespace, name)
            if rest[1:] == ["log"]:
                if (FOLDER / "mute").exists():
                    raise Refused(500, "InternalError", "the node does not answer")
                return "migrated\n"
            if self.command == "GET":
                if key not in objects:
                    raise Refused(404, "NotFound", f'{plural} "{name}" not found')
                return objects[key]
            if self.command == "DELETE":
                if key not in objects:
                    raise Refused(404, "NotFound", f'{plural} "{name}" not found')
                tell(f"delete {kind}/{name}")
                owners.pop(key, None)
                gone = objects.pop(key)
                changed.notify_all()
                return gone
            return self.change(gv, key, given, query)

    def change(self, gv, key, given, query):
        manager = query.get("fieldManager", ["kubectl"])[0]
        before = copy.deepcopy(objects.get(key, {}))
        how = (self.headers.get("Content-Type") or "").split(";")[0]
        if self.command == "POST":
            if before:
                raise Refused(409, "AlreadyExists", f"{key[2]} is there")
            live = given
            own(key, manager, {}, live)
        elif how == PATCH_APPLY:
            live = apply(key, given, manager, query.get("force", [""])[0] == "true")
        elif how in (PATCH_MERGE, PATCH_STRATEGIC):
            live = merge(copy.deepcopy(before), given)
            own(key, manager, before, live)
        else:
            raise Refused(415, "UnsupportedMediaType", how)
        live.setdefault("apiVersion", gv)
        live["metadata"].setdefault("namespace", key[1])
        if key[0] == "jobs" and before and before["spec"]["template"] != live["spec"]["template"]:
            raise Refused(422, "Invalid", "spec.template: field is immutable")
        settle(key, before, live)
        kind = "apply" if how == PATCH_APPLY else "change"
        if {**before, "metadata": None} != {**live, "metadata": None} or not before:
            tell(f"{kind} {live['kind']}/{key[2]} as {manager}")
        save(key, live)
        return live, 200 if before else 201

    def watch(self, plural, namespace, query):
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        seen, until = {}, time.monotonic() + 60
        since = int(query.get("resourceVersion", ["0"])[0] or 0)
        initial = query.get("sendInitialEvents", [""])[0] == "true"
        seen = {} if initial else {k: v["metadata"]["resourceVersion"] for k, v in objects.items() if int(v["metadata"]["resourceVersion"]) <= since}
        while time.monotonic() < until:
            now = {k: v for k, v in objects.items() if k[:2] == (plural, namespace) and selected(v, query)}
            events = [("ADDED" if k not in seen else "MODIFIED", v) for k, v in now.items() if seen.get(k) != v["metadata"]["resourceVersion"]]
            events += [("DELETED", {"apiVersion": "v1", "kind": plural, "metadata": {"name": k[2], "namespace": k[1], "resourceVersion": str(version)}}) for k in seen if k[:2] == (plural, namespace) and k not in objects]
            if initial:
                events.append(("BOOKMARK", {"apiVersion": "v1", "kind": "Pod", "metadata": {"resourceVersion": str(version), "annotations": {"k8s.io/initial-events-end": "true"}}}))
                initial = False
            seen = {k: v["metadata"]["resourceVersion"] for k, v in now.items()}
            try:
                for kind, live in events:
                    line = json.dumps({"type": kind, "object": live}).encode() + b"\n"
                    self.wfile.write(f"{len(line):x}\r\n".encode() + line + b"\r\n")
                self.wfile.flush()
            except OSError:
                break
            changed.wait(1)
        self.close_connection = True


def main():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Api)
    server.daemon_threads = True
    for namespace in ("kube-system", "default"):
        with changed:
            save(("namespaces", "", namespace), {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}})
    (FOLDER / "address.new").write_text(f"http://127.0.0.1:{server.server_address[1]}")
    (FOLDER / "address.new").rename(FOLDER / "address")
    server.serve_forever()


main()
