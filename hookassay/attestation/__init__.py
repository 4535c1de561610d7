"""What a certificate is made of: a statement, the envelope it is signed in, and the keys."""
