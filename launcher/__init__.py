"""The launcher: starts Airlock's parts one after the other, keeps them, and takes all of them down with it.

Nothing of it survives it: it ends its parts when it ends, and the kernel ends them if it is killed.
"""
