"""schemas/topology.schema.json is what `weir topology schema` prints, and an independent validator agrees with it.

The validator (python3-jsonschema) must accept every file under topologies/, and refuse slips in each of them.
"""
import copy
import json
import os
import pathlib
import subprocess
import unittest

import jsonschema
import yaml

ROOT = pathlib.Path(os.environ["WEIR_SOURCE_DIR"])
SCHEMA = ROOT / "schemas" / "topology.schema.json"
FILES = sorted(path for path in (ROOT / "topologies").glob("*.yaml") if not path.name.endswith(".test.yaml"))


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
