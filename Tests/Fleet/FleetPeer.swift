import CoreGRPC
import Foundation

/// A server or the client of `scripts/fleet` and `scripts/scale`.
///
/// - `fleet-peer serve --address 127.0.0.1:0 --name A` serves until SIGTERM.
/// - `fleet-peer call --target TARGET --seconds N` makes calls of the four kinds for N seconds, or until SIGTERM, and
///   prints a line for each.
/// - `fleet-peer cost --target TARGET --calls N` makes unary calls one after the other, and prints what one takes.
/// - `fleet-peer channels --count N` has N servers and a channel to each, makes a call on each, and keeps them until
///   SIGTERM.
@main
struct FleetPeer {
  static func main() async throws {
    let options = try FleetOptions(CommandLine.arguments.dropFirst())
    switch options.command {
    case "serve": try await FleetServer(options).run()
    case "call": try await FleetClient(options).run()
    case "cost": try await FleetClient(options).measureCost()
    case "channels": try await FleetChannels(options).run()
    default: throw FleetOptions.Problem("unknown command: \(options.command)")
    }
  }

  /// The method of a kind, each with a service of the same name.
  static func method(_ type: MethodDescriptor.RPCType) -> MethodDescriptor {
    MethodDescriptor(fullyQualifiedService: "test.Fleet", method: "\(type)", type: type)
  }

  /// A unary method that answers immediately.
  static let echo = MethodDescriptor(fullyQualifiedService: "test.Fleet", method: "echo", type: .unary)

  /// Prints a line immediately and in one piece: the script follows the output.
  static func say(_ line: String) {
    // If the reader is gone, so is the use of the line.
    try? FileHandle.standardOutput.write(contentsOf: Data("\(line)\n".utf8))
  }

  /// Calls a function at each SIGTERM, which then does not end the process, as long as the source lives.
  static func onTermination(_ action: @escaping @Sendable () -> Void) -> any DispatchSourceSignal {
    signal(SIGTERM, SIG_IGN)
    let source = DispatchSource.makeSignalSource(signal: SIGTERM)
    source.setEventHandler(handler: action)
    source.resume()
    return source
  }
}
