"""The figures of the hot paths, measured on the real server over real sockets: ``make bench``.

Each file is one figure, but for: ``row`` and ``effort`` (what is printed, how long it may take), ``machine`` (what
the kernel says of a process), ``served`` with ``line`` and ``peer`` (the processes measured), ``caller`` (the
carrier's end). Nothing in ``outreach`` or ``tests`` may need this package. Linux only: CPU time is read from /proc.
"""
