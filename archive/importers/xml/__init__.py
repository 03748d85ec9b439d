"""XML exports: `wxr` from WordPress, and `disqus`. Read record by record, so that a broken one costs only itself."""
