#!/usr/bin/env python3
"""Writes a FileDescriptorSet of the messages that packages have as classes of proto-plus, for corpora.py.

Imports the modules of the messages alone, not the clients beside them, which need many more packages. A file is what a
module of Python has, services are missing, and a name that Python reserves has an underscore.

  proto_plus.py SET UNDER FOLDER...     UNDER is a folder in one of the others, such as google/cloud
"""

import importlib
import sys
import types
from pathlib import Path

output, under, *folders = sys.argv[1:]
sys.path[:0] = folders

from google.protobuf.descriptor_pb2 import FileDescriptorSet  # noqa: E402

import proto  # noqa: E402

# Packages without the code of their __init__.py.
modules = []
for root in map(Path, folders):
    for path in [root / under, *sorted((root / under).rglob("*"))]:
        name = ".".join(path.relative_to(root).parts)
        if path.is_dir():
            package = sys.modules.setdefault(name, types.ModuleType(name))
            package.__path__ = [*getattr(package, "__path__", []), str(path)]
        elif path.parent.name == "types" and path.suffix == ".py" and path.stem != "__init__":
            modules.append(name.removesuffix(".py"))

descriptors = FileDescriptorSet()
seen = set()


def add(file):
    if file.name not in seen:
        seen.add(file.name)
        for other in file.dependencies:
            add(other)
        file.CopyToProto(descriptors.file.add())


for module in [importlib.import_module(name) for name in modules]:
    for value in vars(module).values():
        if isinstance(value, type) and issubclass(value, proto.Message) and value.__module__ == module.__name__:
            add(value.pb().DESCRIPTOR.file)
Path(output).write_bytes(descriptors.SerializeToString())
