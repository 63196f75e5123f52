"""What reviewers of pipelines refuse, said of this one. Schemas do not know it."""

import os
import re
import sys
from pathlib import Path

import yaml
from stages import MAIN, RUNS, stages_of

ROOT = Path(__file__).parents[2]

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


def check_runs():
    """What each kind of run consists of, templates expanded: its connections, agents and environments."""
    for title, (prod, variables) in RUNS.items():
        stages = stages_of(ROOT / "azure-pipelines.yaml", {"prod": prod}, variables)
        environments = ["dev", "prod"] if prod else ["dev"]
        kinds = ["plan", "apply", "release"] if variables is MAIN else ["plan"]
        used = connections(stages)
        rule(used == {f"orders-{kind}-{name}" for kind in kinds for name in environments}, f"{title} uses the connections {used}")
        pools = {node["name"] for stage in walk(stages) if isinstance(node := stage.get("pool"), dict) and "name" in node}
        rule(pools == ({f"mdp-orders-{name}" for name in environments} if variables is MAIN else set()), f"{title} runs on {pools}")
        approved = {job["environment"] for job in walk(stages) if "deployment" in job}
        needed = {f"{kind}-{name}" for kind in ["orders", "orders-infrastructure"] for name in environments}
        rule(approved == (needed if variables is MAIN else set()), f"{title} deploys to {approved}")
        for stage in stages:
            condition = stage.get("condition", "")
            rule(condition or not stage.get("dependsOn"), f"{title}: {stage['stage']} leaves it to Azure what has to go well")
            # They look at indirect dependencies, and take what had nothing to do for what did not succeed.
            rule(not re.search(r"succeeded|failed\(", condition), f"{title}: {stage['stage']} asks more than its direct dependencies")


def check_deploy():
    stage = load(".azure/deploy.yaml")["stages"][0]
    job = stage["jobs"][0]
    rule(job["environment"] == "orders-${{ parameters.environment }}", "deploys without an environment to approve on")
    steps = [str(step.get("inputs", {}).get("inlineScript", step.get("bash", ""))) for step in job["strategy"]["runOnce"]["deploy"]["steps"]]
    order = [
        next((i for i, step in enumerate(steps) if what in step), None)
        for what in ("registry promote", "cluster migrate", "cluster rollout", "cluster functional", "orders smoke")
    ]
    rule(None not in order and order == sorted(order), f"not: promote, migrate, roll out, functional test, smoke test ({order})")
    failure = str(job["strategy"]["runOnce"]["on"]["failure"])
    rule("cluster rollback" in failure, "a failure is not taken back")


def check_terraform():
    job = load(".azure/apply.yaml")["stages"][0]["jobs"][0]
    rule("orders-infrastructure-" in job.get("environment", ""), "infrastructure changes without an approval")
    rule("plan.tfplan" in str(job), "applies another plan than the one that was kept")


def check_chain():
    """One image from the first stage to the last. The order of stages is in the table of stages.py."""
    digest = "$[ stageDependencies.Build.Image.outputs['build.digest'] ]"
    for file in [".azure/deploy.yaml", ".azure/release.yaml"]:
        digests = [node["variables"]["digest"] for node in walk(load(file)) if "digest" in node.get("variables", {})]
        rule(digests and set(digests) == {digest}, f"{file}: another image than the one that was built: {digests}")


def check_once(files):
    for script in sorted({name for file in files if file.suffix == ".yaml" for name in re.findall(r"\.azure/[a-z-]+(?![a-z.-])", file.read_text())}):
        rule(os.access(ROOT / script, os.X_OK), f"the pipeline runs {script}, which cannot be run")
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
    rule("*A build fails*" in page, "the page does not say who hears of a failure")
    rule("`orders-dev`" in page and "`orders-prod`" in page, "the page does not make the environments")


# Whose lock stands in which line of the page.
LOCKED = {"container-registry": "the registry", "key-vault": "both vaults", "sql-database": "the database's server", "monitoring": "logs and metrics"}


def check_locks():
    """What a lock forbids is on the page, for every one that is set."""
    page = (ROOT / "docs/deployment.md").read_text()
    table = page.partition("## What is locked")[2].partition("\n## ")[0]
    setting = {file.parent.name for file in (ROOT / "terraform/modules").glob("*/*.tf") if "azurerm_management_lock" in file.read_text()}
    rule(setting == set(LOCKED), f"the page does not know these locks: {setting ^ set(LOCKED)}")
    bootstrap = (ROOT / "terraform/bootstrap.sh").read_text()
    rule(bootstrap.count("az lock create") == 1, "bootstrap.sh sets other locks than the state's")
    for what in [*LOCKED.values(), "the state's storage"]:
        rule(f"| {what}" in table, f"the page does not say what the lock on {what} forbids")


def check_applied():
    """On the server, under a name: what somebody else has set stays."""
    for file in [*sorted((ROOT / "docs").glob("*.md")), *sorted((ROOT / ".azure").iterdir())]:
        for line in re.findall(r"(?:kubectl|\bk|desk) apply .*", file.read_text()):
            rule("--server-side" in line and "--field-manager=" in line, f"{file.name}: takes away what others have set: {line}")


def check_list():
    """The page's table of what there has to be: each thing is where it says, and so is the check that holds it."""
    page = (ROOT / "docs/deployment.md").read_text()
    table = page.partition("## What there is, and what holds it")[2].partition("\n## ")[0]
    rows = [line.strip("|").split("|") for line in table.splitlines() if line.startswith("| ") and not line.startswith("| what ")]
    rule(len(rows) >= 25, f"the page lists {len(rows)} things")
    for what, where, held in rows:
        texts = []
        for file in re.findall(r"`([^`]+)`", where):
            rule((ROOT / file).is_file(), f"{what.strip()}: there is no {file}")
            texts.append((ROOT / file).read_text() if (ROOT / file).is_file() else "")
        check = re.fullmatch(r" `([^`]+)`: `(\w+)` ", held)
        rule(check, f"{what.strip()}: held by {held.strip()}")
        if check:
            text = (ROOT / check[1]).read_text() if (ROOT / check[1]).is_file() else ""
            rule(re.search(rf'^(?:def |run "|){check[2]}(?:\(|" \{{)', text, re.MULTILINE), f"{what.strip()}: {check[1]} has no {check[2]}")
        kind = re.match(r" (input|output)s `", what)
        for name in re.findall(r"`([^`]+)`", what) if kind else []:
            word = {"input": "variable", "output": "output"}[kind[1]]
            rule(texts and all(re.search(rf'^{word} "{name}" \{{', text, re.MULTILINE) for text in texts), f"not every one of{where}has the {kind[1]} {name}")


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
    check_runs()
    check_deploy()
    check_terraform()
    files = [ROOT / "azure-pipelines.yaml", *sorted((ROOT / ".azure").iterdir())]
    check_chain()
    check_once(files)
    check_told()
    check_list()
    check_locks()
    check_applied()
    check_words(files)
    check_pins()
    for sentence in broken:
        print(sentence, file=sys.stderr)
    sys.exit(1 if broken else 0)


main()
