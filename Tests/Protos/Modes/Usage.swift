import CoreGRPC
import ProtobufC
import ProtobufCWellKnownTypes

// Generated code in use. Each mode of the compiler in which `scripts/protos` compiles generated code compiles this
// file, too.

struct Implementation: Modes_Modes.SimpleServiceProtocol {
  func unary(request: Modes_Small, context: ServerContext) async throws -> Modes_Shapes {
    Modes_Shapes(small: request)
  }

  func upload(request: RPCAsyncSequence<Modes_Small>, context: ServerContext) async throws -> Modes_Shapes {
    var shapes = Modes_Shapes()
    for try await small in request { shapes.smalls.append(small) }
    return shapes
  }

  func download(
    request: Modes_Small,
    response: RPCWriter<Modes_Shapes>,
    context: ServerContext
  ) async throws {
    try await response.write(Modes_Shapes.with { $0.choice = .chosen(request) })
  }

  func exchange(
    request: RPCAsyncSequence<Modes_Small>,
    response: RPCWriter<Modes_Shapes>,
    context: ServerContext
  ) async throws {
    for try await small in request { try await response.write(Modes_Shapes(choice: .text(small.name))) }
  }
}

@MainActor
func call(on channel: Channel) async throws -> [String] {
  let client = Modes_Modes.Client(channel: channel)
  var names = try await client.unary(Modes_Small(name: "a")).names
  try await client.download(Modes_Small()) { messages in
    for try await message in messages { names.append(message.note ?? "") }
  }
  names += try await client.upload { writer in try await writer.write(Modes_Small()) }.names
  return names
}

nonisolated func roundTrip(_ shapes: Modes_Shapes) throws -> String {
  var copy = try Modes_Shapes(serializedBytes: shapes.serializedBytes())
  copy.level = Modes_Level.allCases.first ?? .high
  copy.smallsByName["b"] = Modes_Small(name: "b", share: 0.5)
  let method = Modes_Modes.Method.Unary.descriptor.fullyQualifiedMethod
  let large = try Modes_Large(serializedBytes: Modes_Large().serializedBytes())
  return "\(Modes_ModesFile.descriptor.name) \(method) \(copy == shapes) \(copy.hashValue) \(large)"
}
