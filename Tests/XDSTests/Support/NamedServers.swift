import CoreGRPC
import TestSupport

/// A service whose method answers the number of its server.
enum Numbered {
  static let method = MethodDescriptor(fullyQualifiedService: "test.Numbered", method: "Number", type: .unary)
  static let other = MethodDescriptor(fullyQualifiedService: "test.Numbered", method: "Other", type: .unary)

  /// The path of ``other``, as the control plane's routes name it.
  static let otherPath = "/test.Numbered/Other"

  static func router(_ number: UInt8) -> RPCRouter {
    var router = RPCRouter()
    for method in [method, other] {
      router.registerHandler(forMethod: method) { (_: ServerRequest<[UInt8]>, _) in
        ServerResponse(message: [number])
      }
    }
    return router
  }

  /// Runs servers, each of which answers its number, on ports that the system chooses.
  static func withServers<Result>(
    _ count: Int,
    credentials: ServerCredentials = .insecure,
    _ body: ([Server], [ListenAddress]) async throws -> Result
  ) async throws -> Result {
    let servers = (0..<count).map { Server(router: router(UInt8($0))) }
    let addresses = try servers.map { server in
      let address = try server.listen(on: .tcp(host: "127.0.0.1", port: 0), credentials: credentials)
      try server.start()
      return address
    }
    do {
      let result = try await body(servers, addresses)
      for server in servers { await server.shutdown(gracePeriod: .seconds(1)) }
      return result
    } catch {
      for server in servers { await server.shutdown(gracePeriod: .zero) }
      throw error
    }
  }
}

extension Channel {
  /// Asks for the number of the server that the call reaches.
  func number(
    _ method: MethodDescriptor = Numbered.method,
    metadata: Metadata = [:],
    timeout: Duration = .seconds(30),
    waitsForReady: Bool = true
  ) async throws(RPCError) -> Int {
    var options = CallOptions(timeout: timeout)
    options.waitForReady = waitsForReady
    let request = ClientRequest<[UInt8]>(message: [], metadata: metadata)
    let response = try await unary(request: request, descriptor: method, options: options)
    return Int(response.message[0])
  }

  /// Counts the servers that calls reach.
  func numbers(of calls: Int, metadata: Metadata = [:]) async throws(RPCError) -> [Int: Int] {
    var counts: [Int: Int] = [:]
    for _ in 0..<calls { counts[try await number(metadata: metadata), default: 0] += 1 }
    return counts
  }

  /// Returns the error that a call ends with; `nil` if it succeeds.
  func error(
    _ method: MethodDescriptor = Numbered.method,
    timeout: Duration = .seconds(30),
    waitsForReady: Bool = false
  ) async -> RPCError? {
    do throws(RPCError) {
      _ = try await number(method, timeout: timeout, waitsForReady: waitsForReady)
      return nil
    } catch {
      return error
    }
  }
}
