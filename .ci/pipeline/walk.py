"""Prints the commands of docs/deployment.md in their order, as a script: walk.py PAGE ENVIRONMENT PART

PART is `up`, from the first step to the last, or `down`, which takes the environment down again. What the page writes in
capitals is filled in. Steps that say *once* or *dev* are for dev alone, those that say *prod* for prod.
"""

import re
import sys
from pathlib import Path

PAGE, ENVIRONMENT, PART = sys.argv[1:]
SUFFIX = "qx7r2"
SUBSCRIPTION = "5e6a1c1e-3f0b-4a57-9d7e-2b8f1f0c9a41"
UP = ["What you need", "The infrastructure", "Inside the network", "Azure DevOps", "For people on the internet", "What a release does", "What is locked"]
DOWN = ["Taking an environment down"]
# Each placeholder of the page, longer ones first.
WORDS = [
    ("ENVSUFFIX", ENVIRONMENT + SUFFIX),
    (r"\bENV\b", ENVIRONMENT),
    (r"\bSUFFIX\b", SUFFIX),
    (r"\bSUBSCRIPTION\b", SUBSCRIPTION),
    (r"\bORGANIZATION\b", "contoso"),
    (r"\bPROJECT\b", "orders"),
    (r"(?<=[\w-] )HOST\b", "orders.contoso.com"),
]
TRUST = re.compile(r"(.*bootstrap\.sh trust \w+) plan ISSUER SUBJECT( *#.*)?")


def blocks():
    """Section, step, whom it is for, and commands of each block."""
    section, step, whom, inside, lines = "", "", "", None, []
    for line in Path(PAGE).read_text().splitlines():
        fence = re.fullmatch(r" *```(\w*)", line)
        if fence and inside is None:
            inside, lines = fence[1], []
        elif fence:
            if inside == "sh":
                yield section, step, whom, lines
            inside = None
        elif inside is not None:
            lines.append(line.strip() if not lines or not lines[-1].endswith("\\") else line)
        elif line.startswith("## "):
            section, step, whom = line[3:], line[3:], ""
        elif found := re.match(r"(\d+)\. \*\*(.+?)\*\*(?: \((once|dev|prod)\b)?", line):
            step, whom = f"{found[1]}. {found[2]}", found[3] or ""


def filled(line):
    for word, value in WORDS:
        line = re.sub(word, value, line)
    found = TRUST.fullmatch(line)
    if found:
        return "\n".join(f"{found[1]} {what} https://login.contoso.com/v2.0 sc://contoso/orders/orders-{what}-{ENVIRONMENT}" for what in ("plan", "apply", "release"))
    if re.search(r"\b(ISSUER|SUBJECT)\b", line):
        raise SystemExit(f"nobody knows what to fill in: {line}")
    return line


def main():
    print("set -euo pipefail")
    seen = set()
    for section, step, whom, lines in blocks():
        seen.add(section)
        if section not in (UP if PART == "up" else DOWN) or whom in ("prod" if ENVIRONMENT == "dev" else "dev", "once" if ENVIRONMENT == "prod" else "-"):
            continue
        if step.endswith("Look") and PART == "up":
            print("release")
        print(f"echo {step!r}: {ENVIRONMENT}")
        print("\n".join(map(filled, lines)))
    if missing := seen ^ set(UP[1:] + DOWN):
        raise SystemExit(f"commands stand in other sections than are walked: {missing}")


main()
