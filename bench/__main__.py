"""`python -m bench` is `make bench`; family.py is what it runs."""

import sys

from .family import main

if __name__ == "__main__":
    sys.exit(main())
