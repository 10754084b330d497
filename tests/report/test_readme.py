from pathlib import Path

from toolkit.report.readme import renew

README = Path(__file__).parents[2] / "README.md"


def test_generated_parts_are_what_the_program_says():
    text = README.read_text(encoding="utf-8")
    assert renew(text) == text, "run: python -m toolkit.report.readme"


def test_readme_starts_with_the_two_commands():
    block = README.read_text(encoding="utf-8").split("```sh start\n")[1].split("```")[0]
    assert len(block.strip().splitlines()) == 2
