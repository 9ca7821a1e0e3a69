"""``python -m sknn_bio``: the command line, also where there is no make."""

import sys

from sknn_bio.cli import main

if __name__ == "__main__":
    sys.exit(main())
