"""The yearly evaluation 总结评估: figures, the plan's goals held against them, and the records behind each."""
