public import CoreGRPC

/// Runs `body`, and then shuts a server down.
///
/// If `body` throws, handlers may wait for a part of it that no longer comes: the server's calls end immediately.
public func withShutdown<Result>(of server: Server, _ body: () async throws -> Result) async throws -> Result {
  do {
    let result = try await body()
    await server.shutdown()
    return result
  } catch {
    await server.shutdown(gracePeriod: .zero)
    throw error
  }
}
