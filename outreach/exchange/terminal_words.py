"""What ``outreach import|export|backup|restore`` say, in the language of the house."""

from collections.abc import Mapping
from typing import Final

TEXTS: Final[Mapping[str, tuple[str, str]]] = {
    "guess": ("  {column} → {field}（{sure}%）", "  {column} → {field} ({sure}%)"),
    "columns": ("列和字段：", "Columns and fields:"),
    "numbers": (
        "共 {lines} 行：新增 {fresh}，修改 {changed}，无变化 {same}，重复 {repeated}，拒绝 {refused}",
        "{lines} lines: {fresh} new, {changed} changed, {same} the same, {repeated} repeated, {refused} refused",
    ),
    "line": ("  第 {line} 行：{why}", "  line {line}: {why}"),
    "change": ("{field}：{before} → {after}", "{field}: {before} → {after}"),
    "more": ("  还有 {count} 行", "  and {count} more"),
    "changes": ("修改：", "Changed:"),
    "refusals": ("拒绝：", "Refused:"),
    "remarks": ("按下面的读法导入，请核对：", "Read as follows, please check:"),
    "nothing": ("没有写入任何数据。", "Nothing was written."),
    "apply_later": (
        "只检查，没有写入。要写入，去掉 --dry-run。",
        "Checked only, nothing was written. To write it, leave out --dry-run.",
    ),
    "good_rows": (
        "有拒绝的行，所以一行也没有写入。改好 {file} 再导入，或者加 --good-rows 只导入其余的。",
        "Some lines are refused, so none was written. Mend {file}, or import the others with --good-rows.",
    ),
    "refused_file": ("拒绝的行连同原因写在 {file}", "The refused lines and why are in {file}"),
    "done": (
        "已写入 {done} 行，导入编号 {id}。撤销：outreach import --undo {id}",
        "{done} lines written as import {id}. To take it back: outreach import --undo {id}",
    ),
    "failed": (
        "检查之后数据又变了，已全部退回，没有写入任何数据。请重新导入。",
        "The data changed after the check; all was taken back and nothing is written. Import the file again.",
    ),
    "undone": ("导入 {id} 已撤销。", "Import {id} is taken back."),
    "kept": ("其中 {kept} 行之后又动过，保留：", "{kept} lines were touched since and stay:"),
    "wrong_state": ("导入 {id} 现在不能这样做（{state}）", "import {id} cannot be treated so now ({state})"),
    "no_file": ("没有这个文件：{file}", "no such file: {file}"),
    "there": (
        "{file} 已经存在，不会覆盖：请换一个名字",
        "{file} is there already and is not overwritten: choose another name",
    ),
    "no_target": ("--into 应为：{names}", "--into is one of: {names}"),
    "no_list": ("没有“{name}”这个清单：{names}", "there is no list “{name}”: {names}"),
    "kind": ("文件名应以这些结尾：{kinds}", "the file's name ends in one of: {kinds}"),
    "exported": ("{count} 行写入 {file}", "{count} lines written to {file}"),
    "personal_out": (
        "不含个人信息；需要时加 --personal。",
        "Without personal data; add --personal where needed.",
    ),
    "all_exported": ("整个数据库写入 {file}", "the whole database is written to {file}"),
    "backed_up": (
        "已备份到 {file}。里面有全部个人信息，请妥善保管。",
        "Backed up to {file}. It holds all personal data: keep it safe.",
    ),
    "restored": ("已从 {file} 恢复。", "Restored from {file}."),
    "reading": ("读取", "reading"),
    "writing": ("写入", "writing"),
    "undoing": ("撤销", "taking back"),
    "cannot_write": ("{file} 写不进去：{why}", "{file} cannot be written: {why}"),
}
