"""Every Python example of docs/integrations.md runs as it stands, where its client is installed."""

import re
from pathlib import Path

import pytest

TEXT = (Path(__file__).parents[2] / "docs" / "integrations.md").read_text()
EXAMPLES = re.findall(r"## ([^\n]+)\n(?:(?!\n## ).)*?```python\n(.*?)```", TEXT, re.S)


def test_there_are_examples():
    assert len(EXAMPLES) == TEXT.count("```python")


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("code", [code for _, code in EXAMPLES], ids=[title for title, _ in EXAMPLES])
def test_example(code):
    try:
        exec(compile(code, "docs/integrations.md", "exec"), {"__name__": "example"})
    except ModuleNotFoundError as error:
        pytest.skip(str(error))
