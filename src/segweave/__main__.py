"""`python -m segweave` is the command `segweave`."""

from segweave.apps.cli.main import main

if __name__ == "__main__":
    main()
