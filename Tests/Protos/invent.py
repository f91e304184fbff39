"""Invents contracts with nasty names: .proto files that protoc accepts, and in which names meet that Swift or C would
mix up.

    invent.py [--seed SEED] [--editions] FOLDER COUNT

Writes COUNT files to FOLDER. The same seed makes the same files. PROTOC names another protoc than the one in the path.
With --editions, some files are of the editions 2023 and 2024, and protoc is that of the Python that runs this.
"""

import argparse
import os
import pathlib
import random
import subprocess
import sys

# Names that mean something to Swift, to C, to protobuf-c or to generated code, in words.
WORDS = [
    # Swift.
    "Type", "Protocol", "Self", "self", "Any", "String", "Int32", "Bool", "Data", "Error", "Result", "Optional", "Copyable", "Sendable",
    "Hashable", "Array", "Swift", "Foundation", "init", "deinit", "subscript", "class", "func", "var", "let", "in", "inout", "is", "as",
    "any", "some", "each", "repeat", "switch", "case", "default", "where", "while", "true", "false", "nil", "async", "await", "throws",
    "rethrows", "try", "operator", "import", "extension", "static", "indirect", "lazy", "weak", "unowned", "actor", "nonisolated",
    "borrowing", "consuming", "sending", "copy", "consume", "discard", "unsafe", "macro", "package", "open", "get", "set", "willSet",
    "dynamicType", "hash", "hashValue", "description", "debugDescription", "none", "rawValue", "allCases", "unrecognized", "of",
    # Generated code and ProtobufC.
    "Message", "Enumeration", "Layout", "MessageLayout", "UnknownFields", "unknownFields", "serialize", "serializedBytes", "with",
    "ProtobufSerializer", "ProtobufDeserializer", "ProtobufC", "CopyOnWrite", "Indirect", "DecodingLimits", "BinaryDecodingError",
    "MessageDecoder", "MessageEncoder", "protoMessageName", "protoFileDescriptor", "storage", "_storage", "_Fields", "_defaults",
    "Input", "Output", "Method", "Client", "ClientProtocol", "ServiceProtocol", "SimpleServiceProtocol", "ServiceDescriptor",
    "descriptors", "descriptor", "Request", "Response", "Metadata", "Options", "CallOptions", "Context", "ServerContext", "Writer",
    "Producer", "OnResponse", "Channel", "Router", "RegisterMethods", "RPCError", "message", "value", "decoder", "encoder", "field",
    "element", "bytes", "limits", "number", "schema", "read", "write", "makeBuffer", "Buffer", "Failure", "OneOf_Kind", "KindsEntry",
    "KindsEntryLayout", "File", "OrDefault", "p", "Value", "CMessage", "RawValue", "AllCases", "Key", "Element",
    "Extensions", "Extensions_kind", "Extensions_item", "jsonString",
    # C.
    "restrict", "typeof", "static_assert", "alignas", "thread_local", "nullptr", "constexpr", "bool", "errno", "stdin", "NULL", "EOF",
    "linux", "unix", "assert", "complex", "double", "int", "register", "export", "this", "template", "typedef", "union", "void", "offsetof",
    "size_t", "uint32_t", "INT_MAX", "base", "protobuf_c_base", "n_kinds", "has_kind", "kind_case", "KindCase", "NOT_SET", "_NOT_SET",
    "descriptor", "Init", "Closure", "field_descriptors", "__func__",
    # Ordinary ones, of several words, and odd ones.
    "kind", "kinds", "item", "status", "http_code", "HTTPCode", "HttpCode", "fooBar", "foo_bar", "foo__bar", "Foo_Bar", "A_B", "A", "B",
    "ab", "a_b", "_", "__", "_1", "x_", "_x", "a1", "a_1", "url_id", "OK", "STATUS_OK", "ITEM",
]

PACKAGES = [
    "", "", "p", "P", "p.q", "p.Q", "p.a", "p.A", "P.a_b", "P.A_B", "p.a.b", "_", "_1", "_1._2", "class", "self.init", "Swift", "error", "c_i",
    "google.protobuf2", "p.item", "p.Item", "P_Item", "true.nil", "int.double",
]

PREFIXES = ["", "", "", "P", "A_", "_", "class", "Extensions_"]

SCALARS = [
    "int32", "sint64", "fixed32", "uint64", "float", "double", "bool", "string", "bytes",
]

COMMENT_PARTS = ["*/", "/*", "`", "``", '"', '"""', "\\", "\\(x)", "#if", "{", "}", "👩‍👩‍👧", "é", "\u2028", "\u2029", "\x0b", "\x0c", "\u0085",
                 "- Parameter x: y", "word " * 300, "///", "\r\n// ", "\r// "]


class Contract:
    """One .proto file."""

    def __init__(self, chance, number, others, syntaxes):
        self.chance = chance
        self.path = f"{chance.choice(['', 'a/', 'A/', 'a_/'])}{chance.choice(['item', 'Status', 'type', 'x-y', 'é', '1', 'kind'])}{number}.proto"
        self.package = chance.choice(PACKAGES)
        self.syntax = chance.choice(syntaxes)
        self.proto2 = self.syntax == "proto2"
        self.is_edition = self.syntax.isdigit()
        self.extends = self.proto2 or self.is_edition
        self.has_closed_enums = self.proto2 or self.is_edition and chance.random() < 0.3
        self.imports = [other for other in others if chance.random() < 2 / (1 + len(others))]
        self.messages = [type for other in self.imports for type in other.messages]
        # proto3 takes no closed enums.
        self.enums = [
            type for other in self.imports if self.extends or not other.has_closed_enums for type in other.enums
        ]
        self.closed_enums = {type for other in self.imports if other.has_closed_enums for type in other.enums}
        self.imported = len(self.messages)
        # The messages that may be extended, and the numbers that are free in each. Contracts share those numbers.
        self.extensible = {}
        for other in self.imports if self.extends else []:
            self.extensible |= other.extensible
        self.extended = set(self.extensible)
        self.words = chance.sample(WORDS, 25)
        self.lines = []

    def name(self, taken):
        """A name that its scope does not have yet."""
        while True:
            name = self.chance.choice(self.words)
            turn = self.chance.random()
            if turn < 0.12:
                name = name.upper()
            elif turn < 0.24:
                name = name.lower()
            elif turn < 0.36:
                name = name[:1].upper() + name[1:]
            elif turn < 0.42:
                name += "_"
            elif turn < 0.48:
                name += self.chance.choice(self.words)
            elif turn < 0.54:
                name += "_" + self.chance.choice(self.words)
            elif turn < 0.57:
                name = "_" + name
            if name not in taken:
                taken.add(name)
                return name

    def add(self, depth, text):
        if self.chance.random() < 0.1:
            self.lines.append("  " * depth + "// " + " ".join(self.chance.sample(COMMENT_PARTS, 3)))
        self.lines.append("  " * depth + text)

    def write(self):
        self.lines.append(f'{"edition" if self.is_edition else "syntax"} = "{self.syntax}";')
        if self.package:
            self.lines.append(f"package {self.package};")
        self.lines += [f'import "{other.path}";' for other in self.imports]
        self.lines += [f"option features.{feature};" for feature in self.file_features()]
        if self.chance.random() < 0.2:
            self.lines.append(f'option swift_prefix = "{self.chance.choice(PREFIXES)}";')
        taken = set()
        scope = "." + self.package if self.package else ""
        # Declared first, so that fields may name types that follow.
        plan = [("message", self.name(taken)) for _ in range(self.chance.randint(2, 6))]
        plan += [("enum", self.name(taken)) for _ in range(self.chance.randint(0, 2))]
        self.messages += [f"{scope}.{name}" for kind, name in plan if kind == "message"]
        self.enums += [f"{scope}.{name}" for kind, name in plan if kind == "enum"]
        self.chance.shuffle(plan)
        for kind, name in plan:
            if kind == "enum":
                self.write_enum(0, name, taken)
            else:
                self.write_message(0, scope, name)
        self.write_extensions(0, taken)
        for _ in range(self.chance.randint(0, 2)):
            self.write_service(self.name(taken))
        # What others may use that import this contract.
        self.messages = self.messages[self.imported:]
        self.extensible = {name: numbers for name, numbers in self.extensible.items() if name not in self.extended}
        return "\n".join(self.lines) + "\n"

    def file_features(self):
        """The features of the whole file."""
        if not self.is_edition:
            return
        if self.syntax != "2023":
            yield "enforce_naming_style = STYLE_LEGACY"
            yield "default_symbol_visibility = EXPORT_ALL"
        if self.has_closed_enums:
            yield "enum_type = CLOSED"
        for feature in ["message_encoding = DELIMITED", "repeated_field_encoding = EXPANDED", "utf8_validation = NONE"]:
            if self.chance.random() < 0.2:
                yield feature

    def write_enum(self, depth, name, taken):
        self.add(depth, f"enum {name} {{")
        numbers = self.chance.sample(range(-3, 8), self.chance.randint(1, 5))
        for index, number in enumerate(numbers):
            value = self.name(taken)
            if self.chance.random() < 0.4 and f"{name}_{value}" not in taken:
                value = f"{name}_{value}" if self.chance.random() < 0.7 else f"{name}_{value}".upper()
            if value in taken and index:
                value += "_v"
            taken.add(value)
            self.add(depth + 1, f"{value} = {0 if index == 0 else number or 9};")
        self.add(depth, "}")

    def write_message(self, depth, scope, name):
        scope = f"{scope}.{name}"
        self.add(depth, f"message {name} {{")
        taken = set()
        nested = [self.name(taken) for _ in range(self.chance.randint(0, 2))] if depth < 2 else []
        self.messages += [f"{scope}.{other}" for other in nested]
        if self.chance.random() < 0.3:
            other = self.name(taken)
            self.enums.append(f"{scope}.{other}")
            self.write_enum(depth + 1, other, taken)
        for other in nested:
            self.write_message(depth + 1, scope, other)
        numbers = iter(range(1, 100))
        # Some have many fields: they keep those on the heap.
        for _ in range(self.chance.choice([0, 1, 2, 3, 4, 5, 6, 7, 7, 20])):
            self.write_field(depth + 1, taken, numbers)
        for _ in range(self.chance.choice([0, 0, 1, 2])):
            self.add(depth + 1, f"oneof {self.name(taken)} {{")
            for _ in range(self.chance.randint(1, 4)):
                self.add(depth + 2, f"{self.type()} {self.name(taken)} = {next(numbers)};")
            self.add(depth + 1, "}")
        if self.extends:
            if self.chance.random() < 0.4:
                self.add(depth + 1, "extensions 200 to 9999;")
                self.extensible[scope] = iter(range(200, 10000))
            self.write_extensions(depth + 1, taken)
        self.add(depth, "}")

    def write_extensions(self, depth, taken):
        for message, numbers in self.extensible.items():
            if self.chance.random() < (0.05 if message in self.extended else 0.3):
                self.add(depth, f"extend {message} {{")
                for _ in range(self.chance.randint(1, 3)):
                    label, type = self.chance.choice(["" if self.is_edition else "optional", "repeated"]), self.type()
                    default = self.options(self.default(label, type))
                    self.add(depth + 1, f"{label} {type} {self.name(taken)} = {next(numbers)}{default};".strip())
                self.add(depth, "}")

    def type(self):
        turn = self.chance.random()
        if turn < 0.45 and self.messages:
            return self.chance.choice(self.messages)
        if turn < 0.6 and self.enums:
            return self.chance.choice(self.enums)
        return self.chance.choice(SCALARS)

    def write_field(self, depth, taken, numbers):
        name, number, type = self.name(taken), next(numbers), self.type()
        if self.proto2 and self.chance.random() < 0.05 and name[:1].isupper() and name.lower() not in taken:
            taken.add(name.lower())
            self.add(depth, f"{self.chance.choice(['optional', 'repeated'])} group {name} = {number} {{")
            for index in range(self.chance.randint(0, 3)):
                self.add(depth + 1, f"optional {self.chance.choice(SCALARS)} {self.chance.choice(self.words)}_{index} = {index + 1};")
            self.add(depth, "}")
            return
        if self.chance.random() < 0.12:
            self.add(depth, f"map<string, {type}> {name} = {number};")
            return
        if self.is_edition:
            label = self.chance.choice(["", "", "repeated"])
        elif self.proto2:
            label = self.chance.choice(["optional", "required", "repeated"])
            if label == "required" and type in self.messages:
                label = "optional"
        else:
            label = self.chance.choice(["", "", "optional", "repeated"])
        default = self.default(label, type) if self.extends else None
        feature = self.field_feature(label, type, default) if self.is_edition else None
        self.add(depth, f"{label} {type} {name} = {number}{self.options(default, feature)};".strip())

    def field_feature(self, label, type, default):
        """A feature of a field of an edition."""
        if self.chance.random() > 0.4:
            return None
        if label == "repeated":
            # Numbers alone are packed.
            is_number = type in SCALARS and type not in ("string", "bytes")
            return "features.repeated_field_encoding = EXPANDED" if is_number else None
        if type in self.messages:
            return "features.message_encoding = DELIMITED"
        is_closed = self.has_closed_enums and type in self.enums or type in self.closed_enums
        presences = ["LEGACY_REQUIRED"] if default or is_closed else ["LEGACY_REQUIRED", "IMPLICIT", "IMPLICIT"]
        return f"features.field_presence = {self.chance.choice(presences)}"

    def options(self, *options):
        options = [option for option in options if option]
        return f" [{', '.join(options)}]" if options else ""

    def default(self, label, type):
        if label == "repeated" or self.chance.random() > 0.3:
            return None
        literal = {"string": '"\\"\\\\ \\n\\u2028"', "bool": "true", "double": "-0.0", "float": "-inf", "int32": "-1"}.get(type)
        return f"default = {literal}" if literal else None

    def write_service(self, name):
        self.add(0, f"service {name} {{")
        taken = set()
        for _ in range(self.chance.randint(0, 5)):
            request, response = (
                self.chance.choice(["", "stream "]) + self.chance.choice(self.messages) for _ in range(2)
            )
            self.add(1, f"rpc {self.name(taken)} ({request}) returns ({response});")
        self.add(0, "}")


def accepts(folder, paths, with_editions):
    arguments = [f"--proto_path={folder}", "--descriptor_set_out=/dev/null", *paths]
    if not with_editions:
        return subprocess.run([os.environ.get("PROTOC") or "protoc", *arguments], stderr=subprocess.DEVNULL).returncode == 0
    # In this process: another one would load Python and protoc for each contract.
    from grpc_tools import protoc

    sys.stderr.flush()
    errors, nothing = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    os.dup2(nothing, 2)
    try:
        return protoc.main(["protoc", *arguments]) == 0
    finally:
        os.dup2(errors, 2)
        os.close(errors)
        os.close(nothing)


def main():
    parser = argparse.ArgumentParser(description="Invents contracts with nasty names.")
    parser.add_argument("--seed", default="1")
    parser.add_argument("--editions", action="store_true")
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("count", type=int)
    arguments = parser.parse_args()
    syntaxes = ["proto2", "proto2", "proto3", "proto3"] + ["2023", "2023", "2024"] * arguments.editions
    chance = random.Random(arguments.seed)
    contracts = []
    number = 0
    while len(contracts) < arguments.count:
        number += 1
        contract = Contract(chance, number, contracts, syntaxes)
        text = contract.write()
        path = arguments.folder / contract.path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode())
        # Some clash in protobuf, too.
        paths = [other.path for other in contracts] + [contract.path]
        if accepts(arguments.folder, paths, arguments.editions):
            contracts.append(contract)
        else:
            path.unlink()


if __name__ == "__main__":
    main()
