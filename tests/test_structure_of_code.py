"""The house rules that a reader relies on: imports run one way, each library has one owner, exports are real."""

from __future__ import annotations

import ast
import functools
import importlib
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("ingest", "bot", "evals")
MODULES = sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))
# The one module that knows each library; everything else knows our types.
OWNERS = {
    "alembic": {
        "bot.storage.migrate",
        "bot.storage.migrations.r0001_conversations",
        "bot.storage.migrations.r0002_feedback",
        "bot.storage.migrations.r0003_slack",
        "bot.storage.migrations.r0004_turn_before",
    },
    "charset_normalizer": {"ingest.reading.decoding"},
    "chromadb": {"evals.benches.ingesting", "ingest.index.chroma"},
    "fastapi": {
        "bot.surfaces.http.answering",
        "bot.surfaces.http.api",
        "bot.surfaces.http.errors",
        "bot.surfaces.http.events",
        "bot.surfaces.http.health",
        "bot.surfaces.http.keeping",
        "bot.surfaces.http.quality",
        "bot.surfaces.http.slack",
        "bot.surfaces.http.taking",
        "bot.surfaces.http.whoami",
        "bot.surfaces.openai.routes",
        "bot.surfaces.http.web",
    },
    "filelock": {"ingest.embedding.verdicts", "ingest.index.folders"},
    "filetype": {"ingest.reading.formats"},
    "gradio": {
        "bot.surfaces.http.web",
        "bot.surfaces.page.chat_tab",
        "bot.surfaces.page.gradio_import",
        "bot.surfaces.page.layout",
        "bot.surfaces.page.library_tab",
        "bot.surfaces.page.parts",
        "bot.surfaces.page.theme",
    },
    "httpx": {"ingest.reading.urls"},
    "limits": {"bot.surfaces.guard.rates"},
    "huggingface_hub": {"ingest.embedding.model_files"},
    "jinja2": {"bot.service.pages", "evals.report.page", "bot.surfaces.page.templating"},
    "ir_measures": {"evals.benches.retrieval"},
    "llama_index": {
        "bot.llm.generate",
        "evals.adapters",
        "evals.judge",
        "evals.rivals.quick_start",
        "evals.benches.ingesting",
        "ingest.building.claims",
        "ingest.building.cluster",
    },
    "markdown_it": {"ingest.reading.markdown", "ingest.rich_text"},
    "lxml": {
        "ingest.reading.epub",
        "ingest.reading.markup",
        "ingest.reading.office",
        "ingest.reading.page",
        "ingest.reading.xml",
    },
    "mammoth": {"ingest.reading.office"},
    "matplotlib": {"evals.report.plots"},
    "mcp": {"bot.surfaces.mcp.server"},
    "mcp_types": {"bot.surfaces.mcp.server", "bot.surfaces.mcp.tools"},
    "openai": {"bot.llm.generate"},
    "openvino": {"ingest.embedding.openvino_backend"},
    "pdfminer": {"ingest.reading.pdf"},
    "pdfplumber": {"ingest.reading.pdf"},
    "pptx": {"ingest.reading.office"},
    "prometheus_client": {"bot.surfaces.http.metrics"},
    "platformdirs": {"ingest.config"},
    "pydantic_settings": {"ingest.config"},
    "rapidfuzz": {
        "bot.messages.spelling",
        "bot.verifying.alignment",
        "bot.verifying.drift",
        "bot.verifying.support",
    },
    "ray": {"ingest.building.cluster"},
    "scipy": {"evals.metrics.curves"},
    "sklearn": {"evals.metrics.curves"},
    "sentence_transformers": {"ingest.embedding.cross_encoder", "ingest.embedding.sentence"},
    "slack_bolt": {"bot.surfaces.slack.app", "bot.surfaces.slack.process"},
    "slack_sdk": {
        "bot.surfaces.slack.app",
        "bot.surfaces.slack.calls",
        "bot.surfaces.slack.checking",
        "bot.surfaces.slack.process",
        "bot.surfaces.slack.worker",
    },
    "sqlalchemy": {
        "bot.storage.address",
        "bot.sessions.conversations",
        "bot.storage.database",
        "bot.storage.file",
        "bot.storage.layout",
        "bot.storage.migrate",
        "bot.storage.migrations.r0001_conversations",
        "bot.storage.migrations.r0002_feedback",
        "bot.storage.migrations.r0003_slack",
        "bot.storage.migrations.r0004_turn_before",
        "bot.storage.server",
        "bot.sessions.feedback_store",
        "bot.storage.tables",
        "bot.surfaces.slack.claims",
        "bot.surfaces.slack.forgetting",
        "bot.surfaces.slack.queue",
    },
    "sqlite3": {"bot.storage.database", "bot.storage.file", "ingest.index.chroma_files"},
    "Stemmer": {"ingest.lexicon"},
    "tokenizers": {"ingest.embedding.tokenising"},
    "torch": {"ingest.embedding.devices", "ingest.embedding.openvino_backend", "ingest.embedding.sentence"},
    "trafilatura": {"ingest.reading.page"},
    "transformers": {"ingest.embedding.sentence"},
    "uvicorn": {"bot.surfaces.http.web"},
    "yaml": {"ingest.yaml_file"},
}
MAY_IMPORT = {"ingest": {"ingest"}, "bot": {"ingest", "bot"}, "evals": {"ingest", "bot", "evals"}}


def name_of(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


@functools.cache
def tree_of(path: Path) -> ast.Module:
    text = path.read_text(encoding="utf-8")
    try:
        return ast.parse(text)
    except SystemError:
        # CPython 3.11 counts the depth of all threads' trees together, and a browser's test may have left threads here.
        return ast.parse(text)


@functools.cache
def imports_of(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            assert node.level == 0, f"{path}: relative import"
            found.add(node.module)
    return found


def test_imports_run_downward_only() -> None:
    for path in MODULES:
        name = name_of(path)
        ours = {one.split(".")[0] for one in imports_of(path)} & set(PACKAGES)
        assert ours <= MAY_IMPORT[name.split(".")[0]], name


def test_each_library_is_imported_by_its_owner_alone() -> None:
    for path in MODULES:
        for library in {name.split(".")[0] for name in imports_of(path)} & set(OWNERS):
            assert name_of(path) in OWNERS[library], f"{name_of(path)} imports {library}"


def test_every_owner_still_owns() -> None:
    for library, owners in OWNERS.items():
        for owner in owners:
            imported = {name.split(".")[0] for name in imports_of(ROOT / Path(*owner.split(".")).with_suffix(".py"))}
            assert library in imported


def is_folder(name: str) -> bool:
    return (ROOT / Path(*name.split("."))).is_dir()


def folder_of(name: str) -> str:
    """The folder of a module; modules of the packages themselves stand alone."""
    parts = name.split(".")
    return ".".join(parts[:-1]) if len(parts) > 2 else name


@pytest.mark.parametrize("folders", [False, True], ids=["modules", "folders"])
def test_nothing_imports_in_a_circle(folders: bool) -> None:
    graph: dict[str, set[str]] = {}
    for path in MODULES:
        place = folder_of(name_of(path)) if folders else name_of(path)
        needed = {n for n in imports_of(path) if n.split(".")[0] in PACKAGES}
        # `from bot.language import phrases` names a folder and means a module of it.
        graph.setdefault(place, set()).update(
            folder_of(n + ".x" if is_folder(n) else n) if folders else n for n in needed
        )
        if folders:
            graph[place].discard(place)
    done: set[str] = set()

    def visit(module: str, trail: tuple[str, ...]) -> None:
        assert module not in trail, " -> ".join([*trail, module])
        if module not in done:
            for needed in graph.get(module, ()):
                visit(needed, (*trail, module))
            done.add(module)

    for module in graph:
        visit(module, ())


def test_what_a_module_exports_is_there() -> None:
    for path in MODULES:
        module = importlib.import_module(name_of(path))
        exported = getattr(module, "__all__", [])
        assert len(exported) == len(set(exported)), path
        assert [name for name in exported if not hasattr(module, name)] == [], path
        assert exported or path.name == "__init__.py", f"{path} lists no exports"
        assert module.__doc__, path


def test_modules_stay_readable() -> None:
    for path in MODULES:
        # The phrases are data: to part them would only make them harder to find.
        most = 310 if name_of(path) == "bot.language.phrases" else 300
        assert len(path.read_text(encoding="utf-8").splitlines()) <= most, path


def test_the_code_knows_no_option_by_name() -> None:
    """A second, unrelated pack runs with no change of code. Docstrings and help texts may give examples."""
    options = ("decentralis", "federated", "factory", "small-data", "big-data", "ordax", "nguyen")
    for path in MODULES:
        if not any(option in path.read_text(encoding="utf-8").lower() for option in options):
            continue
        tree = tree_of(path)
        texts = {
            id(node.body[0].value)
            for node in ast.walk(tree)
            if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef)
            and node.body
            and isinstance(node.body[0], ast.Expr)
        }
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in texts:
                words = node.value.lower()
                if "groundrule ask" not in words:
                    found = [option for option in options if option in words]
                    assert found == [], f"{path}:{node.lineno}"


def test_asking_imports_no_web_framework() -> None:
    code = "import sys, bot.wiring, bot.surfaces.commands.ask; print(sorted({'gradio', 'fastapi', 'llama_index', 'torch'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=600)
    assert done.stdout.strip() == "[]"


def test_a_question_in_a_new_process_imports_nothing_that_is_slow(real_home: Path) -> None:
    """From the start of a cold `ask` to its answer."""
    slow = {
        "torch",
        "transformers",
        "llama_index",
        "sentence_transformers",
        "gradio",
        "fastapi",
        "pandas",
        "sklearn",
        "scipy",
    }
    code = (
        "import sys; from bot.surfaces.cli import main\n"
        "try: main()\n"
        f"finally: print('IMPORTED', sorted({slow!r} & set(sys.modules)), 'openvino' in sys.modules)"
    )
    command = [sys.executable, "-c", code, "ask", "What are the pros of the factory model?", "--home", str(real_home)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=600)
    assert "[1]" in done.stdout
    assert done.stdout.splitlines()[-1] in ("IMPORTED [] True", "IMPORTED [] False")


@pytest.mark.parametrize(
    "command", [["ask", "why?"], ["search", "why"], ["serve"], ["mcp"], ["slack", "run"]], ids=" ".join
)
def test_the_model_begins_to_load_before_what_answers_is_imported(command: list[str], tmp_path: Path) -> None:
    code = (
        "import sys; from bot.surfaces.cli import main; from ingest.embedding.choice import ModelEncoder\n"
        "def begun(self): print(sorted({'bot.assistant', 'bot.wiring', 'gradio', 'mcp', 'slack_bolt'} & set(sys.modules))); raise SystemExit\n"
        "ModelEncoder.load_ahead = begun; main()"
    )
    tokens = {"GROUNDRULE_SLACK_APP_TOKEN": "xapp-1", "GROUNDRULE_SLACK_BOT_TOKEN": "xoxb-1"}
    done = subprocess.run(
        [sys.executable, "-c", code, *command, "--home", str(tmp_path)],
        env={**os.environ, **tokens},
        capture_output=True,
        text=True,
        check=True,
        timeout=600,
    )
    assert done.stdout.strip() == "[]"


def test_the_top_level_holds_what_it_should() -> None:
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False)
    if listed.returncode != 0:
        pytest.skip("not a git checkout")
    top = {line.split("/")[0] for line in listed.stdout.splitlines()}
    allowed = {"pyproject.toml", "README.md", "LICENSE", "corpus", "ingest", "bot", "evals", "tests"}
    assert {name for name in top if not name.startswith(".")} <= allowed
