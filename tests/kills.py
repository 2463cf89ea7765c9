"""The death of a program at one of its own operations on files."""

DYING = """
import os, signal, sys

def die_after(operations):  # kills the process before the operation that follows so many; returns what counts them
    changing = (
        "os.rename", "os.mkdir", "os.remove", "os.rmdir", "shutil.rmtree", "os.truncate", "os.link", "os.symlink"
    )
    done = 0

    def count(event, arguments):
        nonlocal done
        if event in changing or (
            event == "open" and isinstance(arguments[2], int) and arguments[2] & (os.O_WRONLY | os.O_RDWR)
        ):
            done += 1
            if done > operations:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(count)
    return lambda: done
"""
"""The text that such a program begins with."""
