"""Whether stages.py evaluates as Azure does, seen at a chain that does not close."""

import unittest

from stages import PLAIN, Stages, Unknown, broken, evaluate, parse

# What `succeeded()` makes of a chain: the infrastructure is changed only where its plan says so, and whatever comes
# later asks whether all that came before succeeded.
CHANGED = "and(succeeded(), eq(dependencies.Plan_{0}.outputs['Plan.plan.changes'], 'true'))"
OPEN = [
    {"stage": "Build", "dependsOn": []},
    {"stage": "Scan", "dependsOn": "Build"},
    {"stage": "Plan_dev", "dependsOn": []},
    {"stage": "Plan_prod", "dependsOn": []},
    {"stage": "Apply_dev", "dependsOn": ["Plan_dev", "Scan"], "condition": CHANGED.format("dev")},
    {
        "stage": "Sign",
        "dependsOn": ["Scan", "Plan_dev", "Apply_dev"],
        "condition": "and(not(canceled()), eq(dependencies.Scan.result, 'Succeeded'), in(dependencies.Apply_dev.result, 'Succeeded', 'Skipped'))",
    },
    {"stage": "Deploy_dev", "dependsOn": ["Build", "Sign"], "condition": "succeeded()"},
    {"stage": "Apply_prod", "dependsOn": ["Plan_prod", "Deploy_dev"], "condition": CHANGED.format("prod")},
    {"stage": "Preview_prod", "dependsOn": ["Build", "Deploy_dev"]},
    {
        "stage": "Deploy_prod",
        "dependsOn": ["Sign", "Deploy_dev", "Preview_prod", "Plan_prod", "Apply_prod"],
        "condition": "and(not(canceled()), eq(dependencies.Preview_prod.result, 'Succeeded'), in(dependencies.Apply_prod.result, 'Succeeded', 'Skipped'))",
    },
]


def one(condition, event="Succeeded", needs="First"):
    """The result of a stage with a condition, after one to which something happens and one that goes on from there."""
    stages = Stages([{"stage": "First"}, {"stage": "Between", "condition": "always()"}, {"stage": "Last", "dependsOn": needs, "condition": condition}])
    return stages.run([], {"First": event})["Last"]


class Chain(unittest.TestCase):
    def test_succeeded_looks_at_indirect_dependencies_and_stops_a_release_that_changes_no_infrastructure(self):
        stages = Stages(OPEN)
        results = stages.run([], {})
        self.assertEqual(results["Sign"], "Succeeded")
        for name in ["Apply_dev", "Deploy_dev", "Apply_prod", "Preview_prod", "Deploy_prod"]:
            self.assertEqual(results[name], "Skipped", name)
        self.assertIn("Deploy_dev does not run, and nothing is wrong", list(broken(stages, [], {}, results)))

    def test_where_everything_changes_it_seems_to_work(self):
        stages = Stages(OPEN)
        results = stages.run(["dev", "prod"], {})
        self.assertEqual(set(results.values()), {"Succeeded"})
        self.assertEqual(list(broken(stages, ["dev", "prod"], {}, results)), [])

    def test_a_plan_that_nobody_approved_is_seen(self):
        stages = Stages(OPEN)
        results = stages.run(["dev", "prod"], {"Apply_prod": "Skipped"})
        self.assertIn("Deploy_prod runs on infrastructure that was not changed as planned", list(broken(stages, ["prod"], {"Apply_prod": "Skipped"}, results)))


class Functions(unittest.TestCase):
    def test_status(self):
        for condition, event, result in [
            ("succeeded()", "Succeeded", "Succeeded"),
            ("succeeded()", "SucceededWithIssues", "Succeeded"),
            ("succeeded()", "Failed", "Skipped"),
            ("succeeded()", "Skipped", "Skipped"),
            ("failed()", "Failed", "Succeeded"),
            ("failed()", "Skipped", "Skipped"),
            ("succeededOrFailed()", "Failed", "Succeeded"),
            ("always()", "Ended", "Succeeded"),
            ("canceled()", "Ended", "Succeeded"),
            ("not(canceled())", "Ended", "Skipped"),
            ("failed()", "Ended", "Skipped"),
        ]:
            self.assertEqual(one(condition, event), result, f"{condition} after {event}")

    def test_status_by_name_does_not_look_further(self):
        self.assertEqual(one("succeeded('Between')", "Failed", ["Between"]), "Succeeded")
        self.assertEqual(one("succeeded()", "Failed", ["Between"]), "Skipped")
        self.assertEqual(one("in(dependencies.Between.result, 'Succeeded')", "Failed", ["Between"]), "Succeeded")

    def test_texts_are_compared_without_regard_to_case(self):
        for text, value in [("eq('TRUE', true)", True), ("ne('a', 'b')", True), ("in('b', 'a', 'B')", True), ("or(false, eq('it''s', 'it''s'))", True), ("and(true, not(true))", False)]:
            self.assertIs(evaluate(parse(text), {}, PLAIN), value, text)

    def test_what_is_not_modelled_is_an_error(self):
        for condition in ["startsWith('a', 'b')", "dependencies.Between.result", "succeeded('Between')", "eq(variables.x, 'y')", "and(", "and())", "%"]:
            with self.assertRaises(Unknown, msg=condition):
                one(condition)


if __name__ == "__main__":
    unittest.main()
