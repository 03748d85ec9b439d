"""XML exports: `wxr` from WordPress and `disqus`. Read record by record, so that a broken record costs only itself."""
