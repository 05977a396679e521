"""One file a page: what it shows and what it does. ``docs/console.md`` says how to add one."""
