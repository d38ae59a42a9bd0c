"""Echo: the smallest plugin that uses every part of the contract."""
