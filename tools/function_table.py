"""Write the README's table of functions from `fastact.activations`.

    python -m tools.function_table

A test compares the README with it, so that no list is kept by hand. No formula belongs here.
"""

import inspect
import re
from pathlib import Path
from typing import Any

import fastact as fa

README = Path(__file__).parent.parent / "README.md"
BEGIN, END = "<!-- functions:begin -->\n", "<!-- functions:end -->"


def _value(default: Any) -> str:
    known: dict[Any, str] = {1 / 6: "1/6", 1 / 8: "1/8", 1 / 3: "1/3"}
    return known.get(default) or (f'"{default}"' if isinstance(default, str) else f"{default:.7g}")


def _call(record: fa.Activation) -> str:
    numbers = [name if default is None else f"{name}={_value(default)}" for name, default in record.parameters.items()]
    others = [f"{name}={'None' if default is None else _value(default)}" for name, default in record.options.items()]
    signature = inspect.signature(record.forward).parameters.values()
    operands = [one.name for one in signature if one.kind is one.POSITIONAL_ONLY]
    return f"`{record.name}({', '.join([*operands, *numbers, *others])})`"


def table() -> str:
    """Return the table as Markdown, a row an activation."""
    lines = [
        "| function | largest error in ULP: forward | derivative | derivative from the output |",
        "|---|---:|---:|---:|",
    ]
    for record in fa.activations.values():
        bounds = record.error_bounds
        cells = [_call(record), bounds["forward"], bounds.get("backward", ""), bounds.get("backward_from_output", "")]
        lines.append("| " + " | ".join(map(str, cells)) + " |")
    return "\n".join(lines) + "\n"


def main() -> None:
    """Put the table between its marks."""
    text = README.read_text(encoding="utf-8")
    pattern = re.escape(BEGIN) + ".*?" + re.escape(END)
    README.write_text(re.sub(pattern, lambda _: BEGIN + table() + END, text, flags=re.DOTALL), encoding="utf-8")


if __name__ == "__main__":
    main()
