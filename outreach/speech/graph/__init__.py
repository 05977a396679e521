"""The vocabulary of a demo model: words -> phones -> the graph that libvosk searches. No training, no Kaldi.

Build time only: no call needs it. Kaldi's and OpenFst's binary formats are written and read directly. Works
for models with a ``phones.txt`` in pinyin units, as ``models/demo-zh``.
"""
