"""What each run of hookassay reads anew, read once: imported before the processes of the tests are forked.

The features are parsed twice in a run, by us and by pytest-bdd, and the templates of report.html are compiled; together
that takes as long as a few scenarios.
"""

from __future__ import annotations

from pytest_bdd.feature import get_features

from hookassay.judging import feature
from hookassay.judging.contract import Contract
from hookassay.judging.diagnosis import known_defects
from hookassay.report import html

Contract.load()
feature.examples()
known_defects()
get_features([str(path) for path in feature.contract_features()])
html.compiled()
