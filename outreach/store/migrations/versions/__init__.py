"""One file a migration, in order. Once released, a file is never changed."""
