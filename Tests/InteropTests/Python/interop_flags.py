"""The flags of gRPC's interop programs."""

import argparse


def boolean(text):
    """Reads the BOOLEAN of the specification."""
    if text in ("true", "false"):
        return text == "true"
    raise argparse.ArgumentTypeError(f"true or false, not '{text}'")


def flags(description):
    return argparse.ArgumentParser(description=description, allow_abbrev=False)
