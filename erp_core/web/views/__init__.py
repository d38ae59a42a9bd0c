"""One module for each section of the navigation; each has its blueprint in `bp`."""
