"""Whole files: encodings, delimiters, headers in odd places, merged cells, formulas, JSON, and what is no table."""

import json
import zipfile
from collections.abc import Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from outreach.exchange import checking, headers, mending
from outreach.exchange.lines import FileRefused
from outreach.exchange.reading import Formula
from outreach.exchange.sources import open_source
from outreach.exchange.targets import TARGETS
from outreach.exchange.words import say
from outreach.store.database import Database
from tests.exchange.files import checked, csv_file, rows

PEOPLE = TARGETS["people"]
HEAD, LINE = "姓名,电话,县区", "张三,13993500001,凉州"


def cells(path: Path) -> list[list[Any]]:
    return [list(line.cells) for line in open_source(path).rows()]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "gbk", "utf-16"])
def test_encodings(encoding: str, tmp_path: Path) -> None:
    path = csv_file(tmp_path, HEAD, LINE, encoding=encoding)
    assert cells(path) == [HEAD.split(","), LINE.split(",")]
    said = [say(remark) for remark in open_source(path).remarks]
    assert said == (
        []
        if encoding.startswith("utf-8")
        else [f"文件按 {'GB18030' if encoding[0] == 'g' else 'UTF-16'} 编码读取"]
    )


@pytest.mark.parametrize("delimiter", [",", "\t", ";", "|", "，"])
def test_delimiters(delimiter: str, tmp_path: Path) -> None:
    path = csv_file(tmp_path, *(delimiter.join(line.split(",")) for line in (HEAD, LINE)))
    assert cells(path) == [HEAD.split(","), LINE.split(",")]


def test_commas_in_quoted_cells_do_not_mislead(tmp_path: Path) -> None:
    path = csv_file(tmp_path, "岗位;单位", '推拿师;"康复医院, 武威, 甘肃"', '护工;"二院, 武威, 甘肃"')
    assert cells(path)[1] == ["推拿师", "康复医院, 武威, 甘肃"]


def test_a_line_within_a_cell_and_its_number(tmp_path: Path) -> None:
    path = csv_file(tmp_path, HEAD, '"张\r\n三",1,凉州', LINE)
    assert [line.number for line in open_source(path).rows()] == [1, 2, 4]


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "file_empty"),
        (b"\xef\xbb\xbf \r\n", "file_empty"),
        (b"\xd0\xcf\x11\xe0 an old workbook", "file_old"),
        (b"PK\x03\x04 cut off", "file_locked"),
        (b"\xff\xd8\xff\xe0 a photo \xff\xff\x81", "file_unreadable"),
        (b'[{"a": 1}, {"a": ', "json_wrong"),
        (b"[1, 2, 3]", "json_wrong"),
        (b'[{"a": 1}] and more', "json_wrong"),
        (b"[" * 100_000, "json_wrong"),
    ],
)
def test_what_cannot_be_read_says_why(content: bytes, why: str, tmp_path: Path) -> None:
    path = tmp_path / "file.xlsx"  # the name means nothing
    path.write_bytes(content)
    with pytest.raises(FileRefused) as refused:
        list(open_source(path).rows())
    assert refused.value.why.code == why
    assert say(refused.value.why)


def test_a_file_that_unpacks_to_more_than_there_is_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("outreach.exchange.sheets.MOST_UNPACKED_MB", 1)
    path = tmp_path / "bomb.xlsx"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", b"0" * (3 << 20))
    with pytest.raises(FileRefused) as refused:
        open_source(path)
    assert say(refused.value.why) == "解开后有 3 MB，最多 1 MB"


@pytest.mark.parametrize("listed", [True, False])
def test_json_as_a_list_and_as_lines(listed: bool, tmp_path: Path) -> None:
    people = [{"姓名": f"人{n}", "电话": 13993500000 + n, "县区": None if n else "凉州"} for n in range(3)]
    path = tmp_path / "people.json"
    lines = "\n".join(json.dumps(one, ensure_ascii=n == 0) for n, one in enumerate(people))
    path.write_text(json.dumps(people) if listed else lines, encoding="utf-8")
    source = open_source(path)
    assert source.headed
    assert cells(path) == [["姓名", "电话", "县区"], *([*one.values()] for one in people)]


def test_json_longer_than_what_is_read_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("outreach.exchange.objects.CHUNK_CHARACTERS", 7)
    path = tmp_path / "people.json"
    path.write_text(json.dumps([{"name": f"person {n}"} for n in range(20)], indent=2))
    assert cells(path)[1:] == [[f"person {n}"] for n in range(20)]


# --- Headers ------------------------------------------------------------------------------------------------


def guessed(names: Sequence[str], into: str) -> dict[str, str]:
    return {names[guess.column]: guess.field for guess in headers.match(names, TARGETS[into])}


@pytest.mark.parametrize(
    ("into", "names", "fields"),
    [
        ("people", "姓名,手机号码,所属区县", "name,phone,county"),
        ("people", "*姓名（必填）,联系电话：,县（区）", "name,phone,county"),
        ("people", "Full Name,Mobile,District", "name,phone,county"),
        ("people", "性名,联系点话,所属区县", "name,phone,county"),
        ("openings", "招聘单位,招聘岗位,岗位类别,县区,薪资待遇,招聘人数,联系人,联系电话,有效期至",
         "employer,title,kind,county,pay,places,contact,phone,expires_on"),
        ("openings", "company,job title,category,county,salary,vacancies,contact person,phone,deadline",
         "employer,title,kind,county,pay,places,contact,phone,expires_on"),
        ("training", "培训班名称,培训类别,主办单位,县区,培训地点,开班时间,结业日期,招生人数,咨询电话",
         "name,field,organiser,county,place,starts_on,ends_on,seats,phone"),
        ("providers", "店名,服务类型,县区,地址,电话,上门服务,服务项目,技师,营业时间",
         "name,kind,county,place,phone,visits,services,practitioners,hours"),
        ("rounds", "申报级别,评委会,年度,通知日期,市级截止,联系电话,文号,申报材料",
         "level,body,year,notice_on,city_by,phone,source,papers"),
        ("employers", "单位名称,单位性质,县区,地址,联系人,联系电话,职工总数,残疾职工",
         "name,kind,county,place,contact,phone,staff,disabled_staff"),
    ],
)  # fmt: skip
def test_columns_are_guessed(into: str, names: str, fields: str) -> None:
    assert guessed(names.split(","), into) == dict(zip(names.split(","), fields.split(","), strict=True))


def test_strangers_are_not_guessed() -> None:
    assert guessed(["残疾证号", "备注", "序号"], "people") == {}


def test_misspelt_is_less_sure_than_spelt() -> None:
    sure = {guess.field: guess.sure for guess in headers.match(["性名", "电话"], PEOPLE)}
    assert sure == {"name": headers.SOUNDS, "phone": headers.SURE}


def test_every_field_is_guessed_from_each_of_its_names() -> None:
    for target in TARGETS.values():
        for field in target.fields:
            for name in (field.zh, field.en, field.name, *field.also):
                assert headers.likeness(name, field) == headers.SURE, (target.name, name)


def test_no_two_fields_share_a_first_name() -> None:
    for target in TARGETS.values():
        for names in ([field.zh for field in target.fields], [field.en for field in target.fields]):
            assert len(set(names)) == len(names), target.name


def test_a_title_above_and_blank_lines_are_passed_over(database: Database, tmp_path: Path) -> None:
    one = checked(
        database, csv_file(tmp_path, "武威市残疾人求职登记表,,", "填表日期：2026年11月,,", HEAD, LINE, ",,")
    )
    assert (one.lines, one.fresh) == (1, 1)
    assert "表头在第 3 行，前面的 2 行是标题" in [say(remark) for remark in one.layout.remarks]


def test_without_headers_it_says_which_it_knows(tmp_path: Path) -> None:
    with pytest.raises(FileRefused) as refused:
        checking.look(csv_file(tmp_path, LINE, LINE), PEOPLE)
    assert "姓名、电话、县区" in say(refused.value.why)


def test_a_column_that_must_be_there(tmp_path: Path) -> None:
    with pytest.raises(FileRefused) as refused:
        checking.look(csv_file(tmp_path, "姓名,县区", "张三,凉州"), PEOPLE)
    assert say(refused.value.why) == "缺少必填的列：电话"


def test_a_person_corrects_the_guesses(database: Database, tmp_path: Path) -> None:
    file = csv_file(tmp_path, "姓名,本人电话,联系电话,县区", "张三,13993500001,13993500002,凉州")
    assert rows(database, checked(database, file).id)[0].understood["phone"] == "+8613993500001"  # type: ignore[index]
    for wanted in ("联系电话", "3"):
        one = checked(database, file, columns={"phone": wanted, "county": ""})
        assert rows(database, one.id)[0].understood == {"name": "张三", "phone": "+8613993500002"}
    for wrong in ({"phone": "传真"}, {"phone": "9"}, {"shoe_size": "1"}):
        with pytest.raises(FileRefused):
            checking.look(file, PEOPLE, wrong)


def test_columns_that_nobody_reads_are_named(database: Database, tmp_path: Path) -> None:
    one = checked(database, csv_file(tmp_path, f"{HEAD},残疾证号", f"{LINE},62230119700101001X11"))
    assert "没有读取的列：残疾证号" in [say(remark) for remark in one.layout.remarks]
    assert "62230119700101001X11" not in str(rows(database, one.id))


# --- XLSX ---------------------------------------------------------------------------------------------------


def workbook(folder: Path) -> Path:
    """As a county office sends it: a title over all columns, two header rows, an employer over two lines, a formula."""
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = "岗位"
    sheet.append(["武威市2026年残疾人专场招聘岗位表"])
    sheet.append(["用人单位", None, "岗位", None, None, None, "联系", None])
    sheet.append(["名称", "县区", "名称", "类别", "工资", "人数", "联系人", "电话"])
    sheet.append(["康复医院", "凉州", "推拿师", "医疗按摩", "四千元", "=1+1", "王科长", 13993500001])
    sheet.append([None, "凉州", "护工", "服务", "=E4", 1, "王科长", "1.38E+10"])
    for merged in ("A1:H1", "A2:B2", "C2:F2", "G2:H2", "A4:A5"):
        sheet.merge_cells(merged)
    book.create_sheet("说明").append(["填表说明"])
    path = folder / "openings.xlsx"
    book.save(path)
    return path


def with_results(path: Path) -> Path:
    """As Excel saves it: formulas with their results beside them, which openpyxl does not compute."""
    stored = {"1+1": "<v>2</v>", "E4": "<v>四千元</v>"}
    copy = path.with_name("saved.xlsx")
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(copy, "w") as new:
        for part in old.infolist():
            text = old.read(part)
            if part.filename == "xl/worksheets/sheet1.xml":
                for formula, result in stored.items():
                    before = f"<f>{formula}</f><v></v>".encode()
                    short = f"<f>{formula}</f><v />".encode()
                    after = f"<f>{formula}</f>{result}".encode()
                    assert before in text or short in text
                    text = text.replace(before, after).replace(short, after)
                text = text.replace(b'<c r="E5">', b'<c r="E5" t="str">').replace(
                    b'<c r="E5" t="n">', b'<c r="E5" t="str">'
                )
            new.writestr(part, text)
    return copy


def test_merged_cells_two_header_rows_and_formulas(database: Database, tmp_path: Path) -> None:
    one = checked(database, with_results(workbook(tmp_path)), "openings")
    said = [say(remark) for remark in one.layout.remarks]
    assert one.layout.names == (
        "用人单位 名称", "用人单位 县区", "岗位 名称", "岗位 类别", "岗位 工资", "岗位 人数",
        "联系 联系人", "联系 电话",
    )  # fmt: skip
    assert "只读取工作表“岗位”，另有：说明" in said
    assert "表头占第 2 和第 3 行，两行合起来读" in said
    assert any("5 处合并单元格" in words for words in said)
    first, second = rows(database, one.id)
    assert first.understood == {
        "employer": "康复医院", "county": "liangzhou", "title": "推拿师", "kind": "hospital", "pay": "四千元",
        "places": 2, "contact": "王科长", "phone": "13993500001", "expires_on": "2026-12-24",
    }  # fmt: skip
    assert "是公式“=1+1”，用的是存下的结果“2”" in mending.reasons(first, TARGETS["openings"])
    assert second.verdict == "refused"
    why = mending.reasons(second, TARGETS["openings"])
    assert "电话：“1.38E+10”是科学计数法" in why
    assert "单位：合并单元格，用的是第 4 行的值" in why


def test_a_formula_without_a_result_is_refused(database: Database, tmp_path: Path) -> None:
    one = checked(database, workbook(tmp_path), "openings")
    assert one.refused == 2
    assert "没有存下结果；公式不会执行" in mending.reasons(rows(database, one.id)[0], TARGETS["openings"])


def test_a_text_that_looks_like_a_formula_is_text(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet["A1"], sheet["A2"] = "姓名", "=1+1"
    sheet["A2"].data_type = "s"
    sheet["B2"] = "=1+1"
    book.save(tmp_path / "text.xlsx")
    (text, formula) = cells(tmp_path / "text.xlsx")[1]
    assert text == "'=1+1"
    assert isinstance(formula, Formula)


def test_a_sheet_that_claims_a_million_rows_is_read_as_far_as_it_goes(tmp_path: Path) -> None:
    path = workbook(tmp_path)
    wide = tmp_path / "wide.xlsx"
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(wide, "w") as new:
        for part in old.infolist():
            text = old.read(part)
            new.writestr(part, text.replace(b'ref="A1:H5"', b'ref="A1:XFD1048576"'))
    read = list(islice(open_source(wide).rows(), 100))
    assert len(read) == 5
    assert max(len(line.cells) for line in read) == 8


# --- What was refused, to be mended ---------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["csv", "xlsx", "json"])
def test_refused_lines_come_back_as_they_were_and_can_be_mended(
    kind: str, database: Database, tmp_path: Path
) -> None:
    names, bad = ["姓名", "电话", "县区", "残疾证号"], ["李四", "1.38E+10", "民勤", "62230119700101001X11"]
    good = ["张三", "13993500001", "凉州", ""]
    path = tmp_path / f"list.{kind}"
    if kind == "json":
        path.write_text(json.dumps([dict(zip(names, line, strict=True)) for line in (good, bad)]))
    elif kind == "xlsx":
        book = openpyxl.Workbook()
        for line in (names, good, bad):
            book.active.append(line)
        book.save(path)
    else:
        csv_file(tmp_path, *(",".join(line) for line in (names, good, bad)))
    one = checked(database, path)
    mend = tmp_path / f"refused{mending.suffix(one)}"
    assert database.read_now(lambda db: mending.write_refused(db, one, mend)) == 1
    head, line = cells(mend)
    assert head == [*names, "没有导入的原因"]
    assert line[:4] == bad
    assert "科学计数法" in line[4]
    text = mend.read_bytes()
    if kind == "csv":
        mend.write_bytes(text.replace(b"1.38E+10", b"13993500002"))
        again = checked(database, mend)
        assert (again.refused, again.fresh) == (0, 1)


def test_a_file_that_breaks_off_keeps_what_came_before(database: Database, tmp_path: Path) -> None:
    path = tmp_path / "people.json"
    whole = json.dumps([{"姓名": f"人{n}", "电话": f"139935{n:05}", "县区": "凉州"} for n in range(300)])
    path.write_text(whole[:-40])
    one = checked(database, path)
    assert (one.fresh, one.refused) == (299, 1)
    assert "JSON" in mending.reasons(rows(database, one.id)[-1], PEOPLE)
