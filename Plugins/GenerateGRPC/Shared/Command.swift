/// The request of the command line.
struct Command {
  /// The command's verb: `generate-grpc`, or `check-grpc`, which only checks.
  let verb: String

  var onlyChecks: Bool
  var showsHelp = false

  /// The targets to generate for; all that have `.proto` files, if there are none.
  var targets: [String] = []

  let help = """
    usage: swift package generate-grpc [--check] [--target NAME]...
           swift package check-grpc [--target NAME]...

    Generates the messages, clients and services of the .proto files in a package's targets. For a Swift target
    Sources/Greeter with .proto files in Sources/Greeter/Protos, or elsewhere in its folder, it writes

      Sources/Greeter/Generated   the Swift
      Sources/CGreeter            the C, a target of its own

    The Package.swift declares both targets. A file coregrpc-generate.json beside the .proto files sets options. The
    variables PROTOC and PROTOC_GEN_C name other programs than the protoc and protoc-gen-c in the path.

    check-grpc writes nothing, and fails when a file is stale. It needs no permission to write to the package's folder.

      --check        do what check-grpc does
      --target NAME  this target only; may be repeated
      --help         show this text
    """

  init(_ verb: String, _ arguments: [String]) throws {
    self.verb = verb
    onlyChecks = verb == "check-grpc"
    var rest = arguments[...]
    while let argument = rest.popFirst() {
      switch argument {
      case "--check":
        onlyChecks = true
      case "--help", "-h":
        showsHelp = true
      case "--target":
        guard let name = rest.popFirst() else { throw GenerationError("--target needs the name of a target") }
        targets.append(name)
      default:
        throw GenerationError("unknown argument \(argument)\n\n\(help)")
      }
    }
  }
}
