"""Sends random messages of editions through a program, and compares its answers with Python's.

usage: compare.py TESTEE DESCRIPTOR_SET SEED COUNT FILE...

TESTEE decodes and encodes messages (edition-testee). DESCRIPTOR_SET has the .proto files FILE and those that they
import.
"""

import json
import random
import struct
import subprocess
import sys

from google.protobuf import descriptor, descriptor_pb2, json_format, message_factory

Field = descriptor.FieldDescriptor

VALUES = {
    Field.TYPE_DOUBLE: [0.0, -0.0, 1.5, -2.25, float("inf"), 1e300],
    Field.TYPE_FLOAT: [0.0, -0.0, 1.5, -2.25, float("-inf")],
    Field.TYPE_BOOL: [False, True],
    Field.TYPE_STRING: ["", "a", "é\0", "x" * 200],
    Field.TYPE_BYTES: [b"", b"\0\xff", b"y" * 200],
}
for kind in (Field.TYPE_INT32, Field.TYPE_SINT32, Field.TYPE_SFIXED32):
    VALUES[kind] = [0, 1, -1, 300, 2**31 - 1, -(2**31)]
for kind in (Field.TYPE_INT64, Field.TYPE_SINT64, Field.TYPE_SFIXED64):
    VALUES[kind] = [0, 1, -1, 300, 2**63 - 1, -(2**63)]
for kind in (Field.TYPE_UINT32, Field.TYPE_FIXED32):
    VALUES[kind] = [0, 1, 300, 2**32 - 1]
for kind in (Field.TYPE_UINT64, Field.TYPE_FIXED64):
    VALUES[kind] = [0, 1, 300, 2**64 - 1]


def number(text):
    """A number of JSON: Python's takes a negative zero for an integer, which has no sign."""
    return -0.0 if text == "-0" else int(text)


class Comparison:
    def __init__(self, testee, seed):
        self.random = random.Random(seed)
        self.process = subprocess.Popen([testee], stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def value(self, field):
        if field.enum_type:
            return self.random.choice(field.enum_type.values).number
        return self.random.choice(VALUES[field.type])

    def fill(self, message, depth=0):
        """Sets some fields, the required ones among them; of deep messages no others."""
        chance = 0.5 if depth == 0 else 0.15
        for field in message.DESCRIPTOR.fields:
            if not field.is_required and (depth > 3 or self.random.random() > chance):
                continue
            if field.is_repeated:
                self.fill_repeated(getattr(message, field.name), field, depth)
            elif field.message_type:
                getattr(message, field.name).SetInParent()
                self.fill_known(getattr(message, field.name), depth)
            else:
                setattr(message, field.name, self.value(field))

    def fill_repeated(self, values, field, depth):
        entry = field.message_type and field.message_type.GetOptions().map_entry
        for _ in range(self.random.randrange(4)):
            if entry:
                key, value = (field.message_type.fields_by_name[name] for name in ("key", "value"))
                if value.message_type:
                    self.fill_known(values[self.value(key)], depth)
                else:
                    values[self.value(key)] = self.value(value)
            elif field.message_type:
                self.fill_known(values.add(), depth)
            else:
                values.append(self.value(field))

    def fill_known(self, message, depth):
        # Google's own have rules of their own for JSON.
        if not message.DESCRIPTOR.full_name.startswith("google.protobuf."):
            self.fill(message, depth + 1)

    def ask(self, name, content):
        for part in (name.encode(), content):
            self.process.stdin.write(struct.pack("<I", len(part)) + part)
        self.process.stdin.flush()
        return self.answer(), self.answer()

    def answer(self):
        (length,) = struct.unpack("<I", self.process.stdout.read(4))
        return self.process.stdout.read(length)

    def differs(self, kind):
        """What is different about a random message of a type, or None."""
        message = kind()
        self.fill(message)
        content = message.SerializeToString(deterministic=True)
        answer, text = self.ask(kind.DESCRIPTOR.full_name, content)
        if not answer:
            return f"is refused: {content.hex()}"
        again = kind()
        again.ParseFromString(answer[1:])
        if again.SerializeToString(deterministic=True) != content:
            return f"comes back as {answer[1:].hex()}: {content.hex()}"
        if not text:
            return f"has no JSON: {content.hex()}"
        expected = json.loads(json_format.MessageToJson(message))
        parsed = json_format.ParseDict(json.loads(text, parse_int=number), kind())
        found = json.loads(json_format.MessageToJson(parsed))
        if found != expected:
            return f"is {text.decode()} in JSON: {content.hex()}"
        return None


def main():
    testee, descriptors, seed, count, *names = sys.argv[1:]
    with open(descriptors, "rb") as file:
        files = descriptor_pb2.FileDescriptorSet.FromString(file.read()).file
    classes = message_factory.GetMessages(files)
    wanted = {f"{file.package}.{message.name}" for file in files if file.name in names for message in file.message_type}
    kinds = [classes[name] for name in sorted(wanted)]
    comparison = Comparison(testee, int(seed))
    faults = 0
    for kind in kinds:
        for _ in range(int(count)):
            if fault := comparison.differs(kind):
                faults += 1
                print(f"{kind.DESCRIPTOR.full_name} {fault}")
    print(f"{int(count) * len(kinds)} random messages of {len(kinds)} types, {faults} differ from Python's")
    sys.exit(1 if faults or not kinds else 0)


main()
