#!/usr/bin/env python3
"""Generates and compiles the code of contracts that packages of PyPI and Debian bring, for scripts/protos.

Packages seldom hold .proto files. They hold generated code, which has each file's descriptor: Python's as a literal,
Go's as bytes in base 16. So a corpus is a FileDescriptorSet, and protoc reads that.
"""

import argparse
import ast
import gzip
import re
import resource
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import google.protobuf
from google.protobuf.descriptor_pb2 import FileDescriptorProto, FileDescriptorSet
from google.protobuf.message import DecodeError

ROOT = Path(__file__).resolve().parents[2]
COMMON = "googleapis-common-protos==1.76.0"
PLUS = "proto-plus==1.29.0"
GENPROTO = "golang-google-genproto-dev"


@dataclass
class Corpus:
    """Contracts that become one Swift module and one C module."""

    name: str
    # Those of PyPI with their versions; Debian's release decides. Where two have a file, the first counts.
    packages: tuple
    # The files under these paths, and what they import.
    under: tuple = ("",)
    # Not the files under these.
    without: tuple = ()
    # The folder of classes of proto-plus in the packages.
    classes: str = ""


CORPORA = [
    Corpus("Common", (COMMON,)),
    Corpus("GoogleAPIs", (COMMON, "grpc-google-iam-v1==0.14.6", GENPROTO), without=("google/ads/googleads/",)),
    Corpus("GoogleAds1", (COMMON, GENPROTO), under=("google/ads/googleads/v1/",)),
    Corpus("GoogleAds2", (COMMON, GENPROTO), under=("google/ads/googleads/v2/",)),
    Corpus("GoogleAds3", (COMMON, GENPROTO), under=("google/ads/googleads/v3/",)),
    Corpus(
        "GoogleAds26",
        (PLUS, "google-ads==34.0.0"),
        under=("google/ads/",),
        classes="google/ads/googleads/v26",
    ),
    Corpus(
        "GoogleCloud",
        (
            PLUS,
            "grpc-google-iam-v1==0.14.6",
            "google-cloud-compute==1.57.0",
            "google-cloud-container==2.67.0",
            "google-cloud-dialogflow-cx==2.9.0",
            "google-cloud-discoveryengine==0.20.5",
            "google-cloud-dlp==3.40.0",
            "google-cloud-pubsub==2.44.0",
            "google-cloud-securitycenter==1.48.0",
            "google-cloud-spanner==3.71.0",
        ),
        under=("google/cloud/",),
        classes="google/cloud",
    ),
    Corpus("Envoy", (COMMON, "xds-protos==1.85.0")),
    Corpus(
        "Kubernetes",
        (
            COMMON,
            "k8s-proto==0.0.3",
            "kubernetes-cri==0.1.3",
            "golang-etcd-server-dev",
            "golang-github-containerd-containerd-dev",
        ),
    ),
    Corpus("Temporal", (COMMON, "temporalio==1.35.0")),
    Corpus("Telemetry", ("opentelemetry-proto==1.45.2", "tritonclient==2.73.0")),
    Corpus("Yandex", (COMMON, "yandexcloud==0.413.0"), under=("yandex/",)),
]


class Failure(Exception):
    """A program that failed, and its output."""


def run(*command, **options):
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True, **options)
    if done.returncode != 0:
        raise Failure(f"{' '.join(map(str, command))[:300]}\n{(done.stdout + done.stderr)[-6000:]}")
    return done.stdout


def cpu():
    """The seconds of CPU of the programs that ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


# --- Packages ---


def unpacked(package, folder):
    """The folder of a package's files, where it is unpacked once."""
    target = folder / package
    if target.exists():
        return target
    partial = folder / f"{package}.partial"
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    print(f"unpacking {package}", file=sys.stderr)
    if "==" in package:
        pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        run(*pip, "--no-deps", "--no-compile", "--target", partial, package)
    elif shutil.which("apt-get") is None:
        raise Failure(f"{package} is a package of Debian, and there is no apt-get")
    else:
        run("apt-get", "download", "--quiet", package, cwd=partial)
        run("dpkg-deb", "--extract", *partial.glob("*.deb"), partial)
    partial.rename(target)
    return target


# --- Descriptors ---


def described(data):
    """The file that bytes describe, or nothing."""
    try:
        file = FileDescriptorProto.FromString(data)
    except DecodeError:
        return None
    return file if isinstance(file.name, str) and file.name.endswith(".proto") else None


def of_python(source):
    """The files in Python's generated code, old or new: the literals that begin like a message with a string."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Constant) and isinstance(node.value, (bytes, str)) and len(node.value) > 2:
            value = node.value
            if isinstance(value, str) and all(ord(character) < 256 for character in value):
                value = value.encode("latin1")
            if isinstance(value, bytes) and value.startswith(b"\n"):
                yield described(value)


def of_go(source):
    """The files in Go's generated code: bytes in base 16, gzipped or not."""
    for match in re.finditer(r"= \[\]byte\{\n([^}]*)\}", source.decode()):
        data = bytes(int(byte, 16) for byte in re.findall(r"\b0x([0-9a-f]{1,2})\b", match[1]))
        yield described(gzip.decompress(data) if data.startswith(b"\x1f\x8b") else data)


def of_classes(under, folders, folder):
    """The files of classes of proto-plus, which another process imports."""
    output = folder / "classes"
    run(sys.executable, ROOT / "Tests/Protos/proto_plus.py", output, under, *folders)
    return FileDescriptorSet.FromString(output.read_bytes()).file


def read(folders):
    """The files that folders describe, by their names. The first of a name counts."""
    files = {}
    for folder in folders:
        for path in sorted(folder.rglob("*")):
            reader = of_python if path.name.endswith("_pb2.py") else of_go if path.name.endswith(".pb.go") else None
            if reader is not None and path.is_file() and not path.is_symlink():
                for file in filter(None, reader(path.read_bytes())):
                    files.setdefault(file.name, file)
    # Go's and gogo's files are imported by longer or shorter paths than those that their own protoc was given.
    for file in files.values():
        for index, name in enumerate(file.dependency):
            if name not in files:
                found = [other for other in files if f"/{name}".endswith(f"/{other}") or other.endswith(f"/{name}")]
                if found:
                    file.dependency[index] = max(found, key=len)
    return files


def is_library(name):
    return name.startswith("google/protobuf/")


def select(files, corpus):
    """A corpus' files, each after what it imports, and the names of those that import what no package has."""
    complete, order, left = {}, [], []

    def visit(name):
        if name not in complete:
            complete[name] = name in files and all([visit(other) for other in files[name].dependency])
            if complete[name]:
                order.append(files[name])
        return complete[name]

    for name in sorted(files):
        if name.startswith(corpus.under) and not name.startswith(corpus.without) and not visit(name):
            left.append(name)
    return order, left


# --- Code ---


def messages(parents, prefix):
    """All messages but the entries of maps, with their full names."""
    for message in parents:
        if not message.options.map_entry:
            yield f"{prefix}{message.name}", message
            yield from messages(message.nested_type, f"{prefix}{message.name}.")


def generate(corpus, order, plugin, folder):
    """Generates the code of all files in one run of protoc, and gives the seconds of CPU."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    (folder / "set").write_bytes(FileDescriptorSet(file=order).SerializeToString())
    (folder / "list").write_text("".join(f"{file.name}\n" for file in order if not is_library(file.name)))
    modules = f"CModule=C{corpus.name},SwiftModule={corpus.name}"
    options = f"Layout=Targets,{modules},Visibility=Public,FileNaming=PathToUnderscores"
    before = cpu()
    run(sys.executable, "-m", "grpc_tools.protoc", f"--plugin=protoc-gen-coregrpc={plugin}",
        f"--descriptor_set_in={folder / 'set'}", f"--coregrpc_out={folder}", f"--coregrpc_opt={options}",
        f"@{folder / 'list'}")
    return cpu() - before


def compile_c(corpus, folder, clang):
    """Compiles C as SwiftPM does, with warnings as errors, and gives the seconds of CPU."""
    headers = folder / f"C{corpus.name}" / "include"
    sources = sorted((folder / f"C{corpus.name}").rglob("*.c"))
    objects = folder / "c"
    objects.mkdir()
    before = cpu()
    google = ROOT / "Sources/ProtobufC/CGoogleProtobuf/include"
    flags = ["-std=gnu17", "-Wall", "-Wextra", "-Werror", "-I", headers, "-I", google]
    with ThreadPoolExecutor(2) as pool:
        batches = [sources[start : start + 50] for start in range(0, len(sources), 50)]
        list(pool.map(lambda batch: run(clang, *flags, "-c", *batch, cwd=objects), batches))
    return cpu() - before


def compile_swift(corpus, folder, modules):
    """Compiles the Swift of one module in debug, with warnings as errors, and gives the seconds of CPU."""
    headers = folder / f"C{corpus.name}" / "include"
    google = [ROOT / "Sources/ProtobufC/CGoogleProtobuf/include", ROOT / "Sources/CoreGRPCProtobuf/CGoogleRPC/include"]
    umbrellas = {f"C{corpus.name}": headers, "CGoogleRPC": google[1]}
    umbrellas |= {name: ROOT / "Sources" / name / "include" for name in ("CEngine", "CConcurrency")}
    maps = [f'module {name} {{ umbrella "{path}" export * }}\n' for name, path in umbrellas.items()]
    (folder / "module.modulemap").write_text("".join(maps))
    objects = folder / "swift"
    objects.mkdir()
    arguments = ["-swift-version", "6", "-warnings-as-errors", "-package-name", "corpora", "-module-name", corpus.name]
    for feature in ("ExistentialAny", "InternalImportsByDefault", "MemberImportVisibility"):
        arguments += ["-enable-upcoming-feature", feature]
    for header in (headers, *google):
        arguments += ["-Xcc", f"-I{header}"]
    for place in (folder, ROOT / "Sources/CGRPC", ROOT / "Sources/CProtobufC", google[0]):
        arguments += ["-Xcc", f"-fmodule-map-file={place / 'module.modulemap'}"]
    arguments += ["-I", modules, "-module-cache-path", folder.parent / "cache"]
    arguments += ["-Onone", "-enable-batch-mode", "-j", "2"]
    arguments += ["-parse-as-library", "-emit-module", "-c", *sorted((folder / corpus.name).rglob("*.swift"))]
    (folder / "arguments").write_text("".join(f'"{argument}"\n' for argument in arguments))
    before = cpu()
    run("swiftc", f"@{folder / 'arguments'}", cwd=objects)
    return cpu() - before


def megabytes(paths):
    return sum(path.stat().st_size for path in paths) / 1e6


HEAD = """\
| corpus | files | messages | services | message with most fields | generated in | C | Swift | C built in | Swift in |
|---|---:|---:|---:|---|---:|---:|---:|---:|---:|"""


def check(corpus, folders, arguments):
    """Generates and compiles a corpus, and gives its line of the table."""
    files = read(folders)
    if corpus.classes:
        files = {file.name: file for file in of_classes(corpus.classes, folders, arguments.folder)}
    order, left = select(files, corpus)
    folder = arguments.folder / "code" / corpus.name
    seconds = generate(corpus, order, arguments.plugin, folder)
    for name in left:
        print(f"{corpus.name}: no package has all that {name} imports", file=sys.stderr)
    files = [file for file in order if not is_library(file.name)]
    found = [pair for file in files for pair in messages(file.message_type, f"{file.package}.")]
    name, largest = max(found, key=lambda pair: len(pair[1].field))
    sizes = [
        f"{megabytes(path for path in (folder / part).rglob('*') if path.is_file()):.1f} MB"
        for part in (f"C{corpus.name}", corpus.name)
    ]
    compiled = ["", ""]
    if arguments.modules:
        clang = shutil.which("clang") or Path(shutil.which("swiftc")).resolve().parent / "clang"
        compiled = [
            f"{compile_c(corpus, folder, clang):.0f} s",
            f"{compile_swift(corpus, folder, arguments.modules):.0f} s",
        ]
    if not arguments.keep:
        shutil.rmtree(folder)
    services = sum(len(file.service) for file in files)
    cells = [corpus.name, len(files), len(found), services, f"`{name}`: {len(largest.field)}", f"{seconds:.0f} s"]
    return f"| {' | '.join(map(str, [*cells, *sizes, *compiled]))} |"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--plugin", type=Path, required=True, help="protoc-gen-coregrpc")
    parser.add_argument("--modules", type=Path, help="compile, too, with CoreGRPCProtobuf's modules in this folder")
    parser.add_argument("--folder", type=Path, required=True, help="where packages are unpacked and code is generated")
    parser.add_argument("--installed", action="store_true", help="take the contracts of this Python's packages only")
    parser.add_argument("--keep", action="store_true", help="leave the generated code")
    names = ", ".join(corpus.name for corpus in CORPORA)
    parser.add_argument("names", nargs="*", metavar="CORPUS", help=f"of {names}; all if none is named")
    arguments = parser.parse_args()
    site = Path(google.protobuf.__file__).parents[2]
    print(HEAD, flush=True)
    if arguments.installed:
        print(check(Corpus("Installed", ()), [site / "google"], arguments))
        return
    unknown = set(arguments.names) - {corpus.name for corpus in CORPORA}
    if unknown:
        parser.error(f"no such corpus: {', '.join(sorted(unknown))}")
    packages = arguments.folder / "packages"
    for corpus in CORPORA:
        if not arguments.names or corpus.name in arguments.names:
            folders = [unpacked(package, packages) for package in corpus.packages]
            # What all import.
            print(check(corpus, [*folders, site / "google" / "protobuf"], arguments), flush=True)


try:
    main()
except Failure as failure:
    sys.exit(f"Tests/Protos/corpora.py: {failure}")
