"""Mine 我的: everything of the caller's, what we keep of them, and how the line sounds to them. Items 9 and 15."""
