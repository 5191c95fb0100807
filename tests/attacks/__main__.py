"""``python -m attacks``, from the folder ``tests``: see :mod:`attacks.siege`."""

from attacks.siege import main

main()
