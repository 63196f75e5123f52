"""What reviewers of pipelines refuse, said of this one. Schemas do not know it."""

import re
import sys
from pathlib import Path

import yaml

ROOT = Path(__file__).parents[2]
MAIN_ONLY = "${{ if and(ne(variables['Build.Reason'], 'PullRequest'), eq(variables['Build.SourceBranch'], 'refs/heads/main')) }}"

broken = []


def rule(holds, sentence):
    if not holds:
        broken.append(sentence)


def load(name):
    return yaml.safe_load((ROOT / name).read_text())


def walk(node):
    """Every mapping in a document."""
    if isinstance(node, dict):
        yield node
    for child in node.values() if isinstance(node, dict) else node if isinstance(node, list) else []:
        yield from walk(child)


def connections(node):
    return {step["inputs"]["azureSubscription"] for step in walk(node) if "azureSubscription" in step.get("inputs", {})}


def check_pull_requests(pipeline):
    gated = [entry for entry in pipeline["stages"] if MAIN_ONLY in entry]
    rule(gated == [{MAIN_ONLY: [{"template": ".azure/release.yaml"}]}], "releases are not for main alone")
    open_to_all = [entry for entry in pipeline["stages"] if entry not in gated]
    templates = {entry["template"] for entry in open_to_all if "template" in entry}
    rule(templates == {".azure/plan.yaml"}, f"pull requests run {templates}")
    used = connections(open_to_all) | connections(load(".azure/plan.yaml"))
    rule(used == {"orders-plan-${{ parameters.environment }}"}, f"pull requests use the connections {used}")
    rule(not any("deployment" in job for job in walk([open_to_all, load(".azure/plan.yaml")])), "pull requests deploy")


def check_deploy():
    stage = load(".azure/deploy.yaml")["stages"][0]
    job = stage["jobs"][0]
    rule(job["environment"] == "orders-${{ parameters.environment }}", "deploys without an environment to approve on")
    steps = [str(step.get("inputs", {}).get("inlineScript", step.get("bash", ""))) for step in job["strategy"]["runOnce"]["deploy"]["steps"]]
    order = [
        next((i for i, step in enumerate(steps) if what in step), None)
        for what in ("registry promote", "cluster migrate", "cluster rollout", "orders smoke")
    ]
    rule(None not in order and order == sorted(order), f"not: promote, migrate, roll out, smoke test ({order})")
    failure = str(job["strategy"]["runOnce"]["on"]["failure"])
    rule("cluster rollback" in failure, "a failure is not taken back")


def check_terraform():
    job = load(".azure/apply.yaml")["stages"][0]["jobs"][0]
    rule("orders-infrastructure-" in job.get("environment", ""), "infrastructure changes without an approval")
    rule("plan.tfplan" in str(job), "applies another plan than the one that was kept")


def check_chain():
    """One image, scanned and signed, then dev, then a look at what will change, then prod."""
    stages = load(".azure/release.yaml")["stages"]
    order = [s.get("stage") or f"{s['template']} {s['parameters']['environment']}" for s in stages]
    chain = ["apply.yaml dev", "Sign", "deploy.yaml dev", "apply.yaml prod", "Preview_prod", "deploy.yaml prod"]
    rule(order == chain, f"releases go {order}")
    needs = {name: set(s.get("dependsOn") or s["parameters"]["dependsOn"]) for name, s in zip(order, stages)}
    for name, before in [("Sign", "Scan"), ("deploy.yaml dev", "Sign"), ("Preview_prod", "Deploy_dev"), ("deploy.yaml prod", "Preview_prod")]:
        rule(before in needs.get(name, ()), f"{name} does not wait for {before}")
    digest = "$[ stageDependencies.Build.Image.outputs['build.digest'] ]"
    for file in [".azure/deploy.yaml", ".azure/release.yaml"]:
        digests = [node["variables"]["digest"] for node in walk(load(file)) if "digest" in node.get("variables", {})]
        rule(digests and set(digests) == {digest}, f"{file}: another image than the one that was built: {digests}")


def check_once(files):
    everything = "".join(file.read_text() for file in files)
    rule(everything.count("- bash: .azure/image ") == 1, "the image is not built once")
    scan, registry = ((ROOT / f".azure/{name}").read_text() for name in ("scan", "registry"))
    for what in ["cyclonedx-json=", "--fail-on high", "cargo deny --locked check advisories bans licenses sources"]:
        rule(what in scan, f"the scan lacks {what}")
    promote = registry[registry.index("  promote)"):]
    rule("verify" in promote[:promote.index(";;")], "an image goes on without a look at its signature")


def check_told():
    """Whoever follows the page makes what the pipeline asks for, by the same names."""
    page = (ROOT / "docs/deployment.md").read_text()
    for name in ["orders-plan", "orders-apply", "orders-release", "orders-infrastructure", "mdp-orders"]:
        rule(f"`{name}-dev`" in page, f"the page does not make {name}-dev")
        rule(f"{name}-${{{{ parameters.environment }}}}" in "".join(f.read_text() for f in (ROOT / ".azure").glob("*.yaml")),
             f"nothing uses {name}-ENV")
    rule("`orders-dev`" in page and "`orders-prod`" in page, "the page does not make the environments")


def check_words(files):
    for file in files:
        text = file.read_text()
        for words, why in [
            ("continueOnError", "a check that may fail"),
            ("auto-approve", "a change that nobody has seen"),
            ("--admin", "the cluster's own administrator"),
            ("cluster-admin", "the cluster's own administrator"),
            ("servicePrincipalKey", "a secret"),
            (":latest", "an image by a tag that moves"),
        ]:
            rule(words not in text, f"{file.name}: {words}: {why}")


def check_pins():
    lines = (ROOT / ".azure/tools.sh").read_text().splitlines()
    pins = [line for line in lines if re.match(r"[A-Z_]+=[a-z.]+/", line)]
    rule(len(pins) == 6, f"{len(pins)} images")
    for line in pins:
        rule(re.fullmatch(r"[A-Z]+=[a-z./-]+:v?[0-9.]+@sha256:[0-9a-f]{64}", line), f"not by digest: {line}")


def main():
    check_pull_requests(load("azure-pipelines.yaml"))
    check_deploy()
    check_terraform()
    files = [ROOT / "azure-pipelines.yaml", *sorted((ROOT / ".azure").iterdir())]
    check_chain()
    check_once(files)
    check_told()
    check_words(files)
    check_pins()
    for sentence in broken:
        print(sentence, file=sys.stderr)
    sys.exit(1 if broken else 0)


main()
