"""Work that happens after the answer: the outbox, the worker that empties it, and the engines that ring its bell."""
