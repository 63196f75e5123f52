"""Says which stages of the pipeline run, when which of them fails, is held up, or ends early: stages.py FILE

Prints the table of all cases, and fails where one of them breaks a rule of releases.

Azure evaluates two kinds of expressions. Those in ${{ }} say, before anything runs, what the file consists of. Those in
`condition` say, when the stages before are over, whether a stage runs. What neither of them knows here is an error.
"""

import re
import sys
from pathlib import Path

import yaml

GOOD = ("Succeeded", "SucceededWithIssues")
TOKEN = re.compile(r"\s*(?:'((?:[^']|'')*)'|([A-Za-z_][A-Za-z0-9_]*)|([(),.\[\]]))")
ONLY = re.compile(r"\$\{\{((?:(?!\}\}).)*)\}\}")


class Unknown(Exception):
    """Something that this evaluator does not model."""


# Expressions.


def parse(text):
    """The tree of an expression: ('text', …), ('name', …), ('call', name, arguments) or ('of', tree, key)."""
    tokens, at = [], 0
    text = text.strip()
    while at < len(text):
        found = TOKEN.match(text, at)
        if not found:
            raise Unknown(f"cannot read {text[at:]!r} of {text!r}")
        quoted, name, mark = found.groups()
        tokens.append(("text", quoted.replace("''", "'")) if quoted is not None else ("name", name) if name else ("mark", mark))
        at = found.end()
    tree, rest = expression(tokens)
    if rest:
        raise Unknown(f"{rest} is left of {text!r}")
    return tree


def expression(tokens):
    if not tokens:
        raise Unknown("an expression ends too early")
    head, tokens = tokens[0], tokens[1:]
    if head[0] == "mark":
        raise Unknown(f"an expression begins with {head[1]!r}")
    tree = head
    while tokens and tokens[0] in [("mark", "("), ("mark", "."), ("mark", "[")]:
        mark, tokens = tokens[0][1], tokens[1:]
        if mark == "(":
            if tree[0] != "name":
                raise Unknown(f"{tree} is no function")
            arguments, tokens = list_of_arguments(tokens)
            tree = ("call", tree[1], arguments)
        elif mark == ".":
            tree, tokens = ("of", tree, tokens[0][1]), tokens[1:]
        else:
            key, tokens = expression(tokens)
            if key[0] != "text" or tokens[:1] != [("mark", "]")]:
                raise Unknown("an index that is no text")
            tree, tokens = ("of", tree, key[1]), tokens[1:]
    return tree, tokens


def list_of_arguments(tokens):
    arguments = []
    while tokens[:1] != [("mark", ")")]:
        argument, tokens = expression(tokens)
        arguments.append(argument)
        if tokens[:1] == [("mark", ",")]:
            tokens = tokens[1:]
        elif tokens[:1] != [("mark", ")")]:
            raise Unknown("a list of arguments without an end")
    return arguments, tokens[1:]


def same(one, other):
    """As Azure compares: texts without regard to case, truths by their words."""
    words = [str(value).lower() if isinstance(value, (bool, str)) else value for value in (one, other)]
    return words[0] == words[1]


PLAIN = {
    "and": lambda *a: all(a),
    "or": lambda *a: any(a),
    "not": lambda a: not a,
    "eq": same,
    "ne": lambda a, b: not same(a, b),
    "in": lambda needle, *haystack: any(same(needle, one) for one in haystack),
    "join": lambda between, values: between.join(values),
}


def evaluate(tree, names, functions):
    kind = tree[0]
    if kind == "text":
        return tree[1]
    if kind == "name":
        if tree[1] in ("true", "false"):
            return tree[1] == "true"
        if tree[1] not in names:
            raise Unknown(f"nothing is called {tree[1]}")
        return names[tree[1]]
    if kind == "of":
        values = evaluate(tree[1], names, functions)
        if not isinstance(values, dict) or tree[2] not in values:
            raise Unknown(f"there is no {tree[2]} here: {sorted(values) if isinstance(values, dict) else values}")
        return values[tree[2]]
    if tree[1] not in functions:
        raise Unknown(f"unknown function {tree[1]}")
    return functions[tree[1]](*[evaluate(argument, names, functions) for argument in tree[2]])


# Templates.


def filled(value, names):
    """A text with its ${{ }} filled in; one that is nothing else keeps its kind."""
    whole = ONLY.fullmatch(value.strip())
    if whole:
        return evaluate(parse(whole[1]), names, PLAIN)
    return ONLY.sub(lambda found: str(evaluate(parse(found[1]), names, PLAIN)), value)


def expand(node, names, folder):
    if isinstance(node, str):
        return filled(node, names)
    if isinstance(node, dict):
        if any(str(key).strip().startswith("${{") for key in node):
            raise Unknown(f"a condition over a mapping: {list(node)}")
        return {key: expand(child, names, folder) for key, child in node.items()}
    if isinstance(node, list):
        return [one for item in node for one in expand_item(item, names, folder)]
    return node


def expand_item(item, names, folder):
    """What an item of a list becomes: none, one or several."""
    if isinstance(item, dict) and len(item) == 1:
        ((key, child),) = item.items()
        directive = ONLY.fullmatch(str(key).strip())
        if directive:
            word, _, rest = directive[1].strip().partition(" ")
            if word != "if":
                raise Unknown(f"{word} in a template")
            return expand(child, names, folder) if evaluate(parse(rest), names, PLAIN) else []
    if isinstance(item, dict) and "template" in item:
        given = expand(item.get("parameters", {}), names, folder)
        return stages_of(folder / item["template"], given, names.get("variables", {}))
    return [expand(item, names, folder)]


def stages_of(file, given, variables):
    document = yaml.safe_load(file.read_text())
    declared = {p["name"]: p for p in document.get("parameters", [])}
    if set(given) - set(declared):
        raise Unknown(f"{file.name} has no parameter {set(given) - set(declared)}")
    values = {}
    for name, parameter in declared.items():
        if name not in given and "default" not in parameter:
            raise Unknown(f"{file.name} needs {name}")
        values[name] = given.get(name, parameter.get("default"))
        if "values" in parameter and values[name] not in parameter["values"]:
            raise Unknown(f"{file.name}: {name} cannot be {values[name]}")
    return expand(document["stages"], {"parameters": values, "variables": variables}, file.parent)


# Runs.


class Stages:
    """The stages of one kind of run, in an order in which each comes after those that it depends on."""

    def __init__(self, stages):
        self.stages, before = {}, []
        for stage in stages:
            name = stage["stage"]
            needs = stage.get("dependsOn", before)
            needs = [needs] if isinstance(needs, str) else needs
            for other in needs:
                if other not in self.stages:
                    raise Unknown(f"{name} depends on {other}, which is not before it")
            condition = stage.get("condition")
            self.stages[name] = (needs, parse(condition) if condition else ("call", "succeeded", []))
            before = [name]

    def ancestors(self, name):
        needs = self.stages[name][0]
        return set(needs).union(*map(self.ancestors, needs))

    def run(self, changes, events):
        """Each stage's result. `changes` says whose infrastructure does, `events` what happens to whom."""
        results, ended = {}, False
        for name, (needs, condition) in self.stages.items():
            about = {need: {"result": results[need], "outputs": self.outputs(need, results, changes)} for need in needs}
            functions = PLAIN | status(results, needs, self.ancestors(name), ended)
            wanted = evaluate(condition, {"dependencies": about}, functions)
            event = events.get(name)
            results[name] = "Skipped" if not wanted else event or "Succeeded"
            if results[name] == "Ended":
                results[name], ended = "Canceled", True
        return results

    @staticmethod
    def outputs(name, results, changes):
        """What a plan says; nothing where none was made."""
        environment = name.removeprefix("Plan_")
        if environment == name:
            return {}
        planned = results[name] in GOOD
        return {"Plan.plan.changes": str(environment in changes).lower() if planned else ""}


def status(results, needs, ancestors, ended):
    """The functions that ask how things are. Without arguments they look at indirect dependencies, too."""

    def named(names):
        if set(names) - set(needs):
            raise Unknown(f"asks for {set(names) - set(needs)}, which it does not depend on")
        return names or ancestors

    return {
        "always": lambda: True,
        "canceled": lambda: ended,
        "succeeded": lambda *names: not ended and all(results[n] in GOOD for n in named(names)),
        "failed": lambda *names: not ended and any(results[n] == "Failed" for n in named(names)),
        "succeededOrFailed": lambda *names: not ended and all(results[n] in (*GOOD, "Failed") for n in named(names)),
    }


# The table.

# How a case's results stand in the table. Held up is a stage whose approval was refused or never came, for example.
MARKS = {"Succeeded": "ran", "Failed": "FAILED", "Canceled": "ENDED", "Skipped": "-"}
MAIN = {"Build.Reason": "IndividualCI", "Build.SourceBranch": "refs/heads/main"}
RUNS = {
    "a pull request": (False, {"Build.Reason": "PullRequest", "Build.SourceBranch": "refs/pull/7/merge"}),
    "a pull request, with prod": (True, {"Build.Reason": "PullRequest", "Build.SourceBranch": "refs/pull/7/merge"}),
    "a branch that somebody started by hand": (True, {"Build.Reason": "Manual", "Build.SourceBranch": "refs/heads/other"}),
    "main": (False, MAIN),
    "main, with prod": (True, MAIN),
}


def cases(stages):
    environments = [name.removeprefix("Plan_") for name in stages.stages if name.startswith("Plan_")]
    changing = [[], environments] + ([[one] for one in environments] if len(environments) > 1 else [])
    for changes in changing:
        what = f"{' and '.join(changes)} changes" if changes else "no infrastructure changes"
        yield what, changes, {}
    for changes in [[], environments]:
        what = "with changes" if changes else "without changes"
        for name in stages.stages:
            for result, word in [("Failed", "fails"), ("Skipped", "is held up"), ("Canceled", "runs out of time"), ("Ended", "is ended by hand")]:
                if stages.run(changes, {})[name] != "Skipped":
                    yield f"{name} {word}, {what}", changes, {name: result}


def broken(stages, changes, events, results):
    """Which rules of releases a run breaks."""
    good = {name for name, result in results.items() if result in GOOD}
    started = {name for name, result in results.items() if result != "Skipped"}
    names = list(stages.stages)
    for name in started & {"Deploy_dev", "Deploy_prod"}:
        environment = name.removeprefix("Deploy_")
        for needed in {"Build", "Scan", "Sign", f"Plan_{environment}"} | ({"Deploy_dev", "Preview_prod"} if environment == "prod" else set()):
            if needed not in good:
                yield f"{name} runs, and {needed} did not succeed"
        if environment in changes and f"Apply_{environment}" not in good:
            yield f"{name} runs on infrastructure that was not changed as planned"
    for name in started & {"Apply_prod", "Preview_prod"}:
        if "Deploy_dev" not in good:
            yield f"{name} runs, and Deploy_dev did not succeed"
    if "Deploy_dev" in stages.stages and not events:
        for name in names:
            due = name != "Tell" and (not name.startswith("Apply_") or name.removeprefix("Apply_") in changes)
            if due and name not in good:
                yield f"{name} does not run, and nothing is wrong"
    if "Tell" in stages.stages:
        ended = "Ended" in events.values()
        failed = not ended and bool({"Failed", "Canceled"} & {result for name, result in results.items() if name != "Tell"})
        if failed != ("Tell" in started):
            yield "nobody is told" if failed else "somebody is told of nothing"
    for name, event in events.items():
        if event == "Ended":
            for later in names[names.index(name) + 1:]:
                if later in started and stages.stages[later][0]:
                    yield f"{later} starts after the run was ended"


def main(file):
    wrong = []
    for title, (prod, variables) in RUNS.items():
        stages = Stages(stages_of(file, {"prod": prod}, variables))
        print(f"== {title}")
        width = max(len(case) for case, _, _ in cases(stages))
        print(" ".join(["".ljust(width), *(name.ljust(6) for name in stages.stages)]).rstrip())
        for case, changes, events in cases(stages):
            results = stages.run(changes, events)
            row = [MARKS[result].ljust(max(len(name), 6)) for name, result in results.items()]
            print(" ".join([case.ljust(width), *row]).rstrip())
            wrong += [f"{title}, {case}: {sentence}" for sentence in broken(stages, changes, events, results)]
        if not prod and any("prod" in name for name in stages.stages):
            wrong.append(f"{title}: has stages of prod")
        if variables is not MAIN and set(stages.stages) - {"Build", "Scan", "Plan_dev", "Plan_prod"}:
            wrong.append(f"{title}: runs {list(stages.stages)}")
    for sentence in wrong:
        print(sentence, file=sys.stderr)
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
