//! What is said about a text that cannot be read: the message, the underlined text, and what to do.
