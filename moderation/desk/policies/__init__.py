"""What the desk's pages of policies show and read: sentences, differences, tests, and drafts while they are written."""
