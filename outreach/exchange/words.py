"""Every sentence about a file or a cell, in both languages. A sentence is kept as its name and what fills it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

Language = Literal["zh-CN", "en"]


@dataclass(frozen=True, slots=True)
class Word:
    """A sentence: ``code`` names it, ``fill`` completes it. Stored as a pair, said in whichever language is wanted."""

    code: str
    fill: Mapping[str, str | int] | None = None

    def kept(self) -> list[object]:
        """As JSON."""
        return [self.code, dict(self.fill or {})]


def again(kept: list[object]) -> Word:
    """From JSON."""
    code, fill = kept
    assert isinstance(code, str)
    assert isinstance(fill, dict)
    return Word(code, fill)


def say(word: Word, language: Language = "zh-CN") -> str:
    """The sentence. Raises KeyError on a name that is in no list below."""
    chinese, english = SENTENCES[word.code]
    return (chinese if language == "zh-CN" else english).format(**(word.fill or {}))


SENTENCES: Final[Mapping[str, tuple[str, str]]] = {
    # --- a cell is refused ---
    "required": ("必填，这里是空的", "must be filled in, and is empty"),
    "digits_lost": (
        "“{seen}”是科学计数法，后面的数字已经丢失：请把这一列设为文本，重新填写",
        "“{seen}” is in scientific notation and its last digits are lost: make the column text and fill it in again",
    ),
    "phone_wrong": (
        "“{seen}”不是能拨通的电话号码：手机是十一位，座机要带区号，例如 0935-2212345",
        "“{seen}” is no telephone number: a mobile has eleven digits, a landline its area code, as 0935-2212345",
    ),
    "phone_several": (
        "“{seen}”里不止一个号码：请只留一个",
        "“{seen}” holds more than one number: leave one",
    ),
    "date_wrong": (
        "“{seen}”看不懂是哪一天：请写成 2026-03-05 或 2026年3月5日",
        "“{seen}” is no date that can be understood: write 2026-03-05",
    ),
    "date_missing": ("“{seen}”：日历上没有这一天", "“{seen}”: there is no such day in the calendar"),
    "date_two_ways": (
        "“{seen}”可能是几月几日，也可能是几日几月：请写成 2026-03-05",
        "“{seen}” may be month and day, or day and month: write 2026-03-05",
    ),
    "clock_wrong": ("“{seen}”看不懂是几点：请写成 08:30", "“{seen}” is no time of day: write 08:30"),
    "hours_wrong": (
        "“{seen}”看不懂：请写成 周一至周五 08:30-18:00，几段之间用分号",
        "“{seen}” cannot be understood: write 周一至周五 08:30-18:00, with semicolons between several",
    ),
    "services_wrong": (
        "“{seen}”看不懂：请写成 推拿 60分钟 80元，几项之间用分号，时长是一刻钟的倍数",
        "“{seen}” cannot be understood: write name, minutes (quarters of an hour) and price, with semicolons between",
    ),
    "services_many": ("有 {count} 项服务，按键只够五项", "{count} services, and there are keys for five"),
    "number_wrong": ("“{seen}”不是整数", "“{seen}” is no whole number"),
    "number_range": (
        "{seen} 超出范围：应在 {least} 到 {most} 之间",
        "{seen} is out of range: {least} to {most}",
    ),
    "choice_wrong": ("“{seen}”不在可选的里面：{known}", "“{seen}” is none of: {known}"),
    "yes_no_wrong": ("“{seen}”看不出是“是”还是“否”", "“{seen}” is neither yes nor no"),
    "too_long": ("有 {count} 个字，最多 {most} 个", "{count} characters, at most {most}"),
    "formula": (
        "是公式“{seen}”，没有存下结果；公式不会执行：请填写结果本身，或在 Excel 里打开并保存一次",
        "is the formula “{seen}” without a stored result, and formulas are never run: fill in the result itself",
    ),
    "broken": ("是表格的错误值“{seen}”", "is the spreadsheet's error value “{seen}”"),
    "nested": ("里面还有列表或对象：这里只能是一个值", "holds a list or an object: one value belongs here"),
    # --- a row is refused ---
    "order": ("“{later}”早于“{earlier}”", "“{later}” is earlier than “{earlier}”"),
    "no_deadline": ("没有任何一级的截止日期", "no deadline at any level"),
    "missing_part": ("填了“{one}”就要填“{other}”", "with “{one}” comes “{other}”"),
    "several_here": (
        "库里有 {count} 个人共用这个号码：请填写姓名",
        "{count} people share this number: fill in the name",
    ),
    "held": (
        "已有人报名或参加，不能用导入来改，否则没人通知他们：请在控制台里改",
        "people have signed up, and nobody would tell them of a change made here: change it in the console",
    ),
    "unheld": ("表格读到这里就断了：{why}", "the file breaks off here: {why}"),
    "touched_meanwhile": (
        "检查之后，库里的这条记录又变了：请重新检查这个文件",
        "the record has changed since the file was checked: check the file again",
    ),
    "database_refused": (
        "数据库不接受这一行（{why}）",
        "the database does not take this row ({why})",
    ),
    # --- a cell is mended, or read with a grain of salt ---
    "mended": ("“{seen}”读作“{read}”", "“{seen}” is read as “{read}”"),
    "serial": (
        "“{seen}”是表格里的日期序号，读作 {read}",
        "“{seen}” is a spreadsheet's day number, read as {read}",
    ),
    "year_guessed": ("“{seen}”没有写年份，读作 {read}", "“{seen}” names no year, read as {read}"),
    "area_added": ("“{seen}”没有区号，读作 {read}", "“{seen}” has no area code, read as {read}"),
    "sounds_like": ("“{seen}”读作“{read}”，请核对", "“{seen}” is taken for “{read}”: please check"),
    "formula_result": (
        "是公式“{seen}”，用的是存下的结果“{read}”",
        "is the formula “{seen}”; its stored result “{read}” is used",
    ),
    "merged_from": ("合并单元格，用的是第 {line} 行的值", "a merged cell: the value of line {line} is used"),
    "assumed": ("没有填，按“{read}”处理", "is empty, taken as “{read}”"),
    "parts_kept": (
        "这条记录库里已有，服务、人员、时间和材料不用导入改",
        "the record is there already; its services, people, hours and papers are not changed by an import",
    ),
    "parent_kept": (
        "课程库里已有，课程本身的说明不用导入改",
        "the course is there already; what is said of the course itself is not changed by an import",
    ),
    "repeats": ("与第 {line} 行重复", "the same as line {line}"),
    # --- a whole file ---
    "encoding": ("文件按 {encoding} 编码读取", "the file is read as {encoding}"),
    "title_rows": (
        "表头在第 {line} 行，前面的 {count} 行是标题",
        "headers are in line {line}, after {count} lines",
    ),
    "two_headers": (
        "表头占第 {line} 和第 {next} 行，两行合起来读",
        "headers are in lines {line} and {next}, read together",
    ),
    "merged_cells": (
        "有 {count} 处合并单元格：表头的向右填，数据的向下填，每处都会注明",
        "{count} merged ranges: headers are filled to the right, data downwards, and each is said",
    ),
    "sheet": (
        "只读取工作表“{name}”，另有：{others}",
        "only the sheet “{name}” is read; there are also: {others}",
    ),
    "blank_rows": ("空行 {count} 行，已略过", "{count} empty lines are passed over"),
    "unread_columns": ("没有读取的列：{names}", "columns that are not read: {names}"),
    "file_old": (
        "这是旧的 .xls 格式：请在 Excel 里另存为 .xlsx 或 CSV",
        "this is the old .xls format: save it as .xlsx or CSV",
    ),
    "file_locked": ("文件有密码或已损坏，打不开：{why}", "the file is locked or damaged: {why}"),
    "file_huge": ("解开后有 {size} MB，最多 {most} MB", "unpacked it has {size} MB, at most {most} MB"),
    "file_empty": ("文件是空的", "the file is empty"),
    "file_unreadable": (
        "看不出文件的编码：请另存为 UTF-8 的 CSV",
        "the file's encoding is not known: save it as CSV in UTF-8",
    ),
    "json_wrong": ("不是有效的 JSON（{why}）", "not valid JSON ({why})"),
    "no_headers": (
        "前 {count} 行里找不到表头。“{target}”认得的列有：{names}",
        "no headers in the first {count} lines. Columns known for “{target}”: {names}",
    ),
    "column_missing": ("缺少必填的列：{names}", "a column is missing that must be there: {names}"),
    "column_unknown": ("没有“{name}”这一列", "there is no column “{name}”"),
    "field_unknown": ("“{target}”没有“{name}”这一项", "“{target}” has no field “{name}”"),
    # --- what became of a row at undoing ---
    "undo_changed": (
        "导入之后又改过：{names}，保留现在的值",
        "changed since the import: {names}; the present value stays",
    ),
    "undo_used": ("导入之后已被用到（{names}），保留", "in use since the import ({names}); it stays"),
    "undo_gone": ("已经不在了", "is no longer there"),
}
