"""The documents: links lead somewhere, and the pictures of architecture.md name types that exist."""

import re

import pytest

from harness.paths import ROOT

DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
NAMES = [str(path.relative_to(ROOT)) for path in DOCUMENTS]


def prose(text):
    return re.sub(r"^```.*?^```", "", text, flags=re.DOTALL | re.MULTILINE)


def anchors(text):
    """Of all headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.*)$", prose(text), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("document", DOCUMENTS, ids=NAMES)
def test_every_link_leads_somewhere(document):
    text = document.read_text()
    for link in re.findall(r"\]\(([^)\s]+)\)", prose(text)):
        if re.match(r"[a-z]+:", link):
            continue
        path, _, anchor = link.partition("#")
        target = (document.parent / path).resolve() if path else document
        assert target.exists(), link
        if anchor:
            assert anchor in anchors(target.read_text()), link


def test_every_document_is_linked():
    linked = {
        (document.parent / link.partition("#")[0]).resolve()
        for document in DOCUMENTS
        for link in re.findall(r"\]\(([^)\s]+)\)", document.read_text())
    }
    assert [path for path in DOCUMENTS if path.parent != ROOT and path not in linked] == []


def test_the_pictures_name_types_that_exist():
    sources = "\n".join(path.read_text() for path in (ROOT / "Sources").rglob("*.swift"))
    declared = set(re.findall(r"\b(?:actor|class|enum|protocol|struct) (\w+)", sources))
    known = declared | {path.name for path in (ROOT / "Sources").iterdir()}
    text = (ROOT / "docs" / "architecture.md").read_text()
    pictures = text[text.index("## Five ways") : text.index("## Targets")]
    # Names of our types have a capital inside; KEDA's own are the exceptions.
    named = set(re.findall(r"\b[A-Z][a-z]+(?:[A-Z][A-Za-z]*)\b|\bHTTP2\w+|\bYAML\w+", pictures))
    assert len(named) > 40
    assert named - known - {"ScaledObject", "StreamIsActive", "GetMetrics", "IsActive"} == set()


def test_the_table_of_targets_is_complete():
    text = (ROOT / "docs" / "architecture.md").read_text()
    table = text[text.index("## Targets") :]
    listed = re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE)
    sources = ROOT / "Sources"
    targets = {path.relative_to(sources).parts[0] for path in sources.rglob("*.swift")}
    assert sorted(listed) == sorted(targets)
    # The last column has what Package.swift has: without C, and without Time.
    imports = dict(re.findall(r"^\| `(\w+)` \|[^|]*\| ([^|]*) \|$", table, re.MULTILINE))
    package = (ROOT / "Package.swift").read_text()
    components = re.findall(r'component\(\s*"(\w+)",\s*\[(.*?)\]', package, re.DOTALL)
    assert len(components) > 20
    for name, dependencies in components:
        wanted = set(re.findall(r'"(\w+)"', dependencies)) & targets - {"Time"}
        assert set(re.findall(r"\w+", imports[name])) - {"Time"} == wanted, name


def numbered(pattern, document):
    return set(re.findall(pattern, (ROOT / "docs" / document).read_text(), re.MULTILINE))


def test_references_to_facts_and_sections_lead_somewhere():
    facts = numbered(r"^- \*\*(C\d+)\*\*", "keda.md")
    sections = numbered(r"^## (\d)\. ", "design.md")
    assert facts == {f"C{number}" for number in range(1, 33)}
    for path in DOCUMENTS:
        assert set(re.findall(r"\bC\d{1,2}\b", path.read_text())) <= facts, path
    for path in (ROOT / "Sources").rglob("*.swift"):
        comments = "\n".join(re.findall(r"//.*", path.read_text()))
        # C0 is a range of control characters.
        assert set(re.findall(r"\bC\d{1,2}\b", comments)) - {"C0"} <= facts, path
        assert set(re.findall(r"design section (\d)", comments)) <= sections, path
        for document in re.findall(r"docs/[\w/-]+\.md", comments):
            assert (ROOT / document).exists(), f"{path}: {document}"


def test_each_row_of_the_table_of_failures_names_a_test():
    text = (ROOT / "docs" / "failures.md").read_text()
    table = text[text.index("## In one table") : text.index("## A signal is lost")]
    rows = [line.strip("|").split(" | ") for line in table.splitlines() if line.startswith("|")][2:]
    assert len(rows) > 20
    for row in rows:
        assert len(row) == 6, row
        file, _, name = row[-1].strip().strip("`").partition("::")
        path = ROOT / file if file.startswith("scripts/") else ROOT / "Tests" / "EndToEnd" / file
        assert path.exists(), row
        if not file.startswith("scripts/"):
            assert name and f"\ndef {name}(" in path.read_text(), row


def test_each_case_of_a_wrong_number_names_its_tests():
    text = (ROOT / "docs" / "internals" / "faults.md").read_text()
    table = text[text.index("## Numbers that would be") : text.index("## Random clients")]
    cases = {}
    for line in table.splitlines()[2:]:
        if line.startswith(("| A", "| E")):
            names, _, tests = line.strip("| ").split(" | ")
            cases |= dict.fromkeys(names.split(", "), re.findall(r"`([^`]+)`", tests))
    wanted = {f"A{number}" for number in range(1, 15)} | {f"E{number}" for number in range(1, 6)}
    assert set(cases) == wanted
    for case, tests in cases.items():
        assert tests, case
        for test in tests:
            file, _, name = test.partition("::")
            if name:
                assert f"\ndef {name}(" in (ROOT / "Tests" / "EndToEnd" / file).read_text(), test
                continue
            target, _, name = test.partition(": ")
            sources = (ROOT / "Tests" / target).rglob("*.swift")
            assert any(f"func `{name}`" in source.read_text() for source in sources), test
