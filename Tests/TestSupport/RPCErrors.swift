public import CoreGRPC
public import Testing

/// Returns the error that a call ends with, or `nil` if it succeeds.
///
/// An error that is not an `RPCError` fails the test. Where a call must fail, use `#expect(throws: RPCError.self)`.
public func rpcError(
  sourceLocation: SourceLocation = #_sourceLocation,
  _ body: () async throws -> some Any
) async -> RPCError? {
  do {
    _ = try await body()
    return nil
  } catch let error as RPCError {
    return error
  } catch {
    Issue.record(error, "an error that is not an RPCError", sourceLocation: sourceLocation)
    return nil
  }
}
