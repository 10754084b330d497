"""One file for each third-party library; nothing else imports it."""
