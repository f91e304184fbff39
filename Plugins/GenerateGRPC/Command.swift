/// What the command line asks for.
struct Command {
  var onlyChecks = false
  var showsHelp = false

  /// The targets to generate for; all that have `.proto` files, if there are none.
  var targets: [String] = []

  static let help = """
    usage: swift package generate-grpc [--check] [--target NAME]...

    Generates the messages, clients and services of the .proto files in a package's targets. For a Swift target
    Sources/Greeter with .proto files in Sources/Greeter/Protos, or elsewhere in its folder, it writes

      Sources/Greeter/Generated   the Swift
      Sources/CGreeter            the C, a target of its own

    The Package.swift declares both targets. A file coregrpc-generate.json beside the .proto files sets options.

      --check        write nothing, and fail when a file is stale
      --target NAME  this target only; may be repeated
      --help         show this text
    """

  init(_ arguments: [String]) throws {
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
        throw GenerationError("unknown argument \(argument)\n\n\(Self.help)")
      }
    }
  }
}
