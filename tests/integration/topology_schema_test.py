"""schemas/topology.schema.json is what `weir topology schema` prints, and an independent validator agrees with it.

The validator (python3-jsonschema) must accept every file under topologies/, and refuse slips in each of them.
"""
import copy
import json
import os
import pathlib
import re
import subprocess
import unittest

import jsonschema
import yaml

ROOT = pathlib.Path(os.environ["WEIR_SOURCE_DIR"])
SCHEMA = ROOT / "schemas" / "topology.schema.json"
FILES = sorted(path for path in (ROOT / "topologies").rglob("*.yaml") if not path.name.endswith(".test.yaml"))
WRONG = ROOT / "tests" / "unit" / "cli" / "wrong"
MODELINE = "# yaml-language-server: $schema={}schemas/topology.schema.json\n"
# Of the wrong topologies, those with a mistake that a schema can know; others need values, plugins or the graph.
REFUSED = set("""
    config-blank-missing config-bool config-codec config-codec-key config-codec-value config-duration config-duration-unit config-key
    config-list config-missing config-no-value config-number-in-quotes config-word connection-key connection-kind connection-object
    dead-letters-as-node dead-letters-operator dead-letters-word event-time-of-a-sink node-from-less node-from-missing node-from-misspelt node-from-parameter
    node-from-source node-from-two node-key node-name node-no-operator node-operator node-operator-is-a-codec
    node-operator-is-a-connection node-operator-less node-operator-plugin node-parameter-outside node-two-operators panel-kind parameter-declaration
    route-conditions route-port-name several-at-once tag-of-a-source top-checkpoint-unit top-delivery top-memory-limit top-nodes-as-list top-operator-outside top-restart
    top-unknown-section top-workers view-neither window-misspelt window-no-key yaml-comma
""".split())


class TopologySchema(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        schema = json.loads(SCHEMA.read_text())
        jsonschema.Draft202012Validator.check_schema(schema)
        cls.validator = jsonschema.Draft202012Validator(schema)

    def test_is_what_weir_prints(self):
        printed = subprocess.run([os.environ["WEIR_BIN"], "topology", "schema"], check=True, text=True,
                                 stdout=subprocess.PIPE).stdout
        self.assertEqual(printed, SCHEMA.read_text(),
                         "weir topology schema >schemas/topology.schema.json makes them equal again")

    def test_accepts_the_topologies(self):
        self.assertTrue(FILES)
        for path in FILES:
            with self.subTest(path.name):
                self.assertEqual([error.message for error in self.validator.iter_errors(yaml.safe_load(path.read_text()))],
                                 [])

    def test_every_topology_tells_an_editor_of_its_schema(self):
        for path in FILES:
            modeline = MODELINE.format("../" * (len(path.relative_to(ROOT).parts) - 1))
            self.assertTrue(path.read_text().startswith(modeline), f"{path.name} does not begin with {modeline}")

    def test_refuses_the_wrong_topologies(self):
        refused = set()
        for path in sorted(WRONG.glob("*.yaml")):
            if re.search(r" (c|join|reluctant)\.\w+:", path.read_text()):
                continue  # of a plugin of the tests, which the schema does not know
            try:
                topology = yaml.safe_load(path.read_text())
            except yaml.YAMLError:
                continue  # no YAML at all
            if list(self.validator.iter_errors(topology)):
                refused.add(path.stem)
                self.assertRegex(path.read_text(), r"(?m)^# \S+ error ", f"{path.name}: the schema refuses what lint takes")
        self.assertGreaterEqual(len(refused), 30)
        self.assertEqual(refused, REFUSED)

    def test_refuses_slips(self):
        for path in FILES:
            good = yaml.safe_load(path.read_text())
            for place, slip in [("nodez", lambda t: t.update(nodez={})),
                                ("delivery", lambda t: t.update(delivery="at_most_once")),
                                ("nodes", lambda t: t.pop("nodes")),
                                ("operator", lambda t: t["nodes"].update(extra={"no.such.operator": {}}))]:
                with self.subTest(f"{path.name}: {place}"):
                    broken = copy.deepcopy(good)
                    slip(broken)
                    self.assertTrue(list(self.validator.iter_errors(broken)))


if __name__ == "__main__":
    unittest.main()
