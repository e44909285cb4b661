from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import yaml

from ingest.config import BUNDLED_CORPUS
from ingest.errors import PackError
from ingest.pack import load_pack
from ingest.starter import write_starter

DATABASE_PACK = Path(__file__).parent.parent / "packs" / "database"


def test_the_bundled_pack_has_the_fixed_ids() -> None:
    pack = load_pack(BUNDLED_CORPUS)
    assert {d.id: [o.id for o in d.options] for d in pack.decisions} == {
        "operating-structure": ["decentralised", "functional", "centralised", "federated", "federated-coe", "factory"],
        "operations-scale": ["small-data-ops", "big-data-ops", "hybrid-mlops", "large-scale-mlops"],
    }
    assert {path.stem for path in pack.sources.glob("*.md")} == {
        "ordax-2024",
        "nguyen-2023",
        "sha-2023",
        "centralised-vs-distributed",
    }


def test_a_second_pack_loads_with_the_same_code() -> None:
    assert [option.id for option in load_pack(DATABASE_PACK).options] == ["relational", "document", "graph"]


def test_the_starter_is_a_valid_pack(tmp_path: Path) -> None:
    write_starter(tmp_path / "mine")
    assert load_pack(tmp_path / "mine").name == "build-or-buy"
    assert {path.name for path in (tmp_path / "mine").iterdir()} == {
        "options.yaml",
        "rubric.schema.json",
        "rubric.yaml",
        "sources",
    }


@pytest.fixture
def broken(tmp_path: Path) -> Path:
    return Path(shutil.copytree(DATABASE_PACK, tmp_path / "pack"))


def _change(pack: Path, **changes: object) -> None:
    path = pack / "options.yaml"
    fields = yaml.safe_load(path.read_text())
    path.write_text(yaml.safe_dump({**fields, **changes}))


def test_a_folder_without_options_is_no_pack(tmp_path: Path) -> None:
    with pytest.raises(PackError, match="is not a corpus pack.*groundrule init"):
        load_pack(tmp_path)


def test_yaml_that_does_not_parse_names_the_line(broken: Path) -> None:
    (broken / "options.yaml").write_text("name: x\ntitle: [a\n")
    with pytest.raises(PackError, match=r"options\.yaml, line \d+: not valid YAML"):
        load_pack(broken)


def test_an_unknown_key_is_named_with_its_value(broken: Path) -> None:
    _change(broken, colour="red")
    with pytest.raises(PackError, match=r"colour: .*'red'"):
        load_pack(broken)


def test_an_id_must_be_a_slug(broken: Path) -> None:
    _change(broken, name="Not A Slug")
    with pytest.raises(PackError, match="name: .*'Not A Slug'"):
        load_pack(broken)


def test_an_option_id_may_not_repeat(broken: Path) -> None:
    decision = yaml.safe_load((broken / "options.yaml").read_text())["decisions"][0]
    decision["options"][1]["id"] = "relational"
    _change(broken, decisions=[decision])
    with pytest.raises(PackError, match="'relational' is used twice"):
        load_pack(broken)


def test_a_term_must_name_known_options(broken: Path) -> None:
    senses = [{"label": "a", "source": "field-guide", "option": "cloud"}, {"label": "b", "source": "field-guide"}]
    _change(broken, terms=[{"words": ["store"], "senses": senses}])
    with pytest.raises(PackError, match="'cloud', which no decision has"):
        load_pack(broken)


def test_a_pack_without_documents_is_refused(broken: Path) -> None:
    for path in (broken / "sources").glob("*.md"):
        path.unlink()
    with pytest.raises(PackError, match="has no documents"):
        load_pack(broken)


def test_the_digest_changes_with_any_file(broken: Path) -> None:
    before = load_pack(broken).sha256
    with (broken / "sources" / "field-guide.md").open("a") as file:
        file.write("\n- One more claim.\n")
    assert load_pack(broken).sha256 != before


def test_what_the_pack_says_of_its_notes_holds_for_originals_of_the_same_works() -> None:
    pack = load_pack(BUNDLED_CORPUS)
    assert pack.fitted({"nguyen-2023": None, "other": None}) is pack
    senses = {sense.source for term in pack.terms for sense in term.senses}
    beside = pack.fitted({"nguyen-2023": None, "page": "nguyen-2023"})
    option = beside.option("centralised")
    assert option.source_aliases["page"] == option.source_aliases["nguyen-2023"]
    assert {sense.source for term in beside.terms for sense in term.senses} == senses
    alone = pack.fitted({"page": "nguyen-2023"})
    assert {sense.source for term in alone.terms for sense in term.senses} == senses - {"nguyen-2023"} | {"page"}
    assert (alone.folder, alone.sha256) == (pack.folder, pack.sha256)
